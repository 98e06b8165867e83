import { describe, test } from 'vitest'
test.todo('x')
