import { describe, expect, test } from '@jest/globals'
import { proxyFor } from '../src/index.ts'

const PROXY = 'http://proxy:3128'

describe('which proxy a URL goes through', () => {
  test.each([
    ['https://api.example.com/', {}, undefined],
    ['https://api.example.com/', { HTTPS_PROXY: PROXY }, PROXY],
    ['https://api.example.com/', { https_proxy: PROXY }, PROXY],
    ['https://api.example.com/', { HTTP_PROXY: PROXY }, undefined],
    ['http://api.example.com/', { HTTP_PROXY: PROXY }, PROXY],
    ['https://api.example.com/', { ALL_PROXY: PROXY }, PROXY],
    ['https://127.0.0.1:6443/', { HTTPS_PROXY: PROXY }, undefined],
    ['https://localhost/', { HTTPS_PROXY: PROXY }, undefined],
    ['https://[::1]:6443/', { HTTPS_PROXY: PROXY }, undefined],
    ['https://api.example.com/', { HTTPS_PROXY: PROXY, NO_PROXY: '*' }, undefined],
    ['https://api.example.com/', { HTTPS_PROXY: PROXY, NO_PROXY: 'other.com, example.com' }, undefined],
    ['https://api.example.com/', { HTTPS_PROXY: PROXY, NO_PROXY: '.example.com' }, undefined],
    ['https://api.example.com/', { HTTPS_PROXY: PROXY, NO_PROXY: '*.example.com' }, undefined],
    ['https://notexample.com/', { HTTPS_PROXY: PROXY, NO_PROXY: 'example.com' }, PROXY],
    ['https://api.example.com:6443/', { HTTPS_PROXY: PROXY, NO_PROXY: 'api.example.com:443' }, PROXY],
    ['https://api.example.com/', { HTTPS_PROXY: PROXY, NO_PROXY: 'api.example.com:443' }, undefined],
    ['https://10.1.2.3/', { HTTPS_PROXY: PROXY, NO_PROXY: '10.0.0.0/8' }, undefined],
    ['https://11.1.2.3/', { HTTPS_PROXY: PROXY, NO_PROXY: '10.0.0.0/8' }, PROXY],
    ['https://[fd00::1]/', { HTTPS_PROXY: PROXY, NO_PROXY: 'fd00::1' }, undefined],
  ])('%s with %j: %s', (url, env, expected) => {
    expect(proxyFor(new URL(url), env)).toBe(expected)
  })
})
