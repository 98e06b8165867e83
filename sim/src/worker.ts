import { parentPort } from 'node:worker_threads'
import { trySeed } from './trial.ts'

// One of the threads that share the seeds: is sent a seed, answers with a tally.

parentPort?.on('message', async (seed: number) => parentPort?.postMessage(await trySeed(seed)))
parentPort?.postMessage('ready')
