import { expect, test } from 'vitest'
import { camel, kebab, pascal, plural, snake, words } from './words.ts'

test.each([
  ['BlogPost', ['blog', 'post']],
  ['blog_post', ['blog', 'post']],
  ['blog-post', ['blog', 'post']],
  ['HTMLPage', ['html', 'page']],
  ['posterURL', ['poster', 'url']],
  ['page2Title', ['page2', 'title']],
  ['_private', ['private']],
])('%s is the words %j', (name, expected) => {
  expect(words(name)).toEqual(expected)
})

test.each([
  ['HTMLPage', 'htmlPage', 'HTMLPage', 'html_page', 'html-page'],
  ['blog_post', 'blogPost', 'BlogPost', 'blog_post', 'blog-post'],
  ['posterURL', 'posterURL', 'PosterUrl', 'poster_url', 'poster-url'],
])('%s in camelCase, PascalCase, snake_case and kebab-case', (name, ...expected) => {
  expect([camel(name), pascal(name), snake(name), kebab(name)]).toEqual(expected)
})

test.each([
  ['movie', 'movies'],
  ['category', 'categories'],
  ['day', 'days'],
  ['box', 'boxes'],
  ['address', 'addresses'],
  ['status', 'statuses'],
  ['branch', 'branches'],
  ['analysis', 'analyses'],
  ['person', 'people'],
  ['child', 'children'],
  ['leaf', 'leaves'],
  ['roof', 'roofs'],
  ['wife', 'wives'],
  ['hero', 'heroes'],
  ['photo', 'photos'],
  ['blogPost', 'blogPosts'],
  ['salesPerson', 'salesPeople'],
  ['constructor', 'constructors'],
  ['news', null],
  ['dailyNews', null],
  ['settings', null],
  ['metrics', null],
])('the plural of %s is %s', (one, many) => {
  expect(plural(one)).toBe(many)
})
