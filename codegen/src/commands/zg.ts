#!/usr/bin/env node
import { keepCompiled } from './compiled.ts'

// Before anything else is loaded, which is why the rest is imported by itself.
keepCompiled()
await import('./program.ts')
