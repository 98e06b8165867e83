import { parentPort } from 'node:worker_threads'
import { NOTHING_YET } from './trial.ts'

// A worker to whom seed 13 is a loop of promises: no timer of its thread ever happens again.

parentPort?.on('message', async (seed: number) => {
  while (seed === 13) await null
  parentPort?.postMessage({ ...NOTHING_YET, histories: 1, mutations: seed })
})
parentPort?.postMessage('ready')
