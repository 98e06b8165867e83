import { text } from './evidence.ts'
import type { History, Moment, Violation } from './history.ts'
import type { Plan, Step } from './plan.ts'

/** A history as people can read it: what was planned, what happened, what is wrong with it. */
export function story({ plan, moments }: History, violations: readonly Violation[]): string {
  return [
    ...planned(plan),
    '',
    ...moments.map(moment => `${moment.at.toFixed(1).padStart(9)} ms  ${told(moment)}`),
    '',
    ...violations.map(({ promise, what }) => `${promise}: ${what}`),
  ].join('\n')
}

function planned({ seed, model, gateways, clients, faults }: Plan): readonly string[] {
  const machine = ({ name, skew, drift }: Plan['gateways'][number]): string =>
    `${name}${skew || drift ? ` (clock ${skew} ms off, drift ${drift})` : ''}`
  return [
    `seed ${seed}, model ${model}, gateways ${gateways.map(machine).join(', ')}`,
    ...clients.flatMap(client => [
      `${machine(client)} in ${client.tenant}`,
      ...client.steps.map(step => `  ${stepText(step)}`),
    ]),
    ...faults.map(fault => `fault ${text(fault)}`),
  ]
}

function stepText({ after, ...step }: Step): string {
  const pause = after > 0 ? `after ${after} ms ` : ''
  if (step.kind !== 'commit') return pause + text(step)
  const manner = `${step.id === null ? ' without id' : step.id === step.call ? '' : ` as ${step.id}`}${step.wait ? '' : ', not waiting'}${step.again ? `, ${step.again} times again` : ''}`
  return `${pause}${step.call}${manner}: ${step.acts.map(act => text(act)).join(' ')}`
}

function told(moment: Moment): string {
  switch (moment.kind) {
    case 'event':
      return moment.what
    case 'asked':
      return `${moment.client} asks ${moment.call}: ${text(moment.acts)}`
    case 'told': {
      const { verdict, position } = moment.outcome
      const why = verdict.problems.map(({ code }) => ` ${code}`).join('')
      return `${moment.client} is told ${moment.call}: ${verdict.status}${why} at ${text(position.seqs)}`
    }
    case 'unsure':
    case 'refused':
      return `${moment.client} ${moment.kind} ${moment.call}: ${moment.error}`
    case 'wrote': {
      const { verdict } = moment.outcome
      const why = verdict.problems.map(({ code }) => ` ${code}`).join('')
      const again = moment.replaces === null ? '' : ` in place of ${moment.replaces}`
      return `${moment.client} writes ${moment.call} (${moment.id})${again}, ${verdict.status}${why} here: ${text(moment.acts)}`
    }
    case 'discarded':
      return `${moment.client} discards ${moment.id}`
    case 'drawer':
      return `${moment.client} has in the drawer: ${moment.ids.join(', ') || 'nothing'}`
    case 'durable':
      return `${moment.client} has ${moment.call} on disk`
    case 'settled':
      return `${moment.client} hears of ${moment.call}: ${text(moment.outcome.verdict)} at ${text(moment.outcome.position.seqs)}`
    case 'held':
      return `${moment.client} shows at ${text(moment.picture.position.seqs)}: ${text(moment.picture.rows)}`
    case 'pushed':
      return `${moment.client} pushes ${moment.call}: ${text(moment.push.work)}`
    case 'judged':
      return `${moment.client} is told ${moment.call}: ${text(moment.answer)}`
    case 'reading':
    case 'watching':
      return `${moment.client} ${moment.kind} ${moment.call}`
    case 'following':
      return `${moment.client} follows ${moment.call} from ${text(moment.since.seqs)}: ${text(moment.shape)}`
    case 'read':
    case 'result':
      return `${moment.client} sees ${moment.call} at ${text(moment.picture.position.seqs)}: ${text(moment.picture.rows)}`
    case 'batch':
      return `${moment.client} gets ${moment.call} to ${text(moment.batch.position.seqs)}: ${text(moment.batch.events)}`
  }
}
