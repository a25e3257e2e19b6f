// Identity provider of SAML 2 on a unix socket: node saml.mjs BASE-URL SOCKET
//
// Its certificate is in certificate.pem once it serves.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

import samlp from 'samlp'
import { generate } from 'selfsigned'

import { fields, form, show, signedIn } from './people.mjs'

const [base, socket] = process.argv.slice(2)
const folder = dirname(fileURLToPath(import.meta.url))
const file = (name) => `${folder}/${name}`

/** Its name to the applications: the first address of its metadata, the same one after a restart and after a move. */
function entity() {
  const path = file('entity.txt')
  if (!existsSync(path)) writeFileSync(path, `${base}/metadata`)
  return readFileSync(path, 'utf8')
}

/** Key and certificate: the same ones after a restart. */
async function identity() {
  const [key, cert] = [file('key.pem'), file('certificate.pem')]
  if (!existsSync(cert)) {
    const made = await generate([{ name: 'commonName', value: new URL(base).hostname }], {
      algorithm: 'sha256',
      keySize: 2048,
    })
    writeFileSync(key, made.private, { mode: 0o600 })
    writeFileSync(cert, made.cert)
  }
  return { key: readFileSync(key), cert: readFileSync(cert, 'utf8') }
}

/** True for an address on this machine: applications are not registered, so no other place gets an assertion. */
function isLocal(url) {
  const { protocol, hostname } = new URL(url)
  return /^https?:$/.test(protocol) && /^(127(\.\d+){3}|\[::1\]|(.+\.)?localhost)$/.test(hostname)
}

/** The request of an application: its id, its name, and the address at which it takes the answer. */
function parsed(request) {
  return new Promise((resolve, reject) => {
    samlp.parseRequest(request, (error, found) => {
      if (error) return reject(error)
      const { assertionConsumerServiceURL: url } = found ?? {}
      if (!url || !isLocal(url)) return reject(new Error('no request with an AssertionConsumerServiceURL on this machine'))
      resolve(found)
    })
  })
}

/** Adds the parts of Express's request and response that samlp uses. */
function dress(request, response, query, body) {
  Object.assign(request, { body, protocol: 'http', query, originalUrl: request.url })
  response.set = (name, value) => response.setHeader(name, value)
  response.send = (page) => show(response, 200, page, response.getHeader('content-type'))
}

const issuer = entity()
const { key, cert } = await identity()
const endpoints = { redirectEndpointPath: '/sso', postEndpointPath: '/sso', logoutEndpointPaths: {} }
const metadata = samlp.metadata({ issuer, cert, ...endpoints })

/** Signs the person in at the application: with a page that posts the assertion to it. */
async function assert(request, response, found) {
  const { login, name, given, family, email } = found
  request.user = { id: login, displayName: name, name: { givenName: given, familyName: family }, emails: [{ value: email }] }
  const url = (await parsed(request)).assertionConsumerServiceURL
  const getPostURL = (audience, document, http, callback) => callback(null, url)
  const answer = { recipient: url, destination: url, lifetimeInSeconds: 300 }
  samlp.auth({ issuer, cert, key, getPostURL, ...answer })(request, response, (error) => refuse(response, error))
}

function refuse(response, error) {
  show(response, 400, `${error.message}\n`, 'text/plain; charset=utf-8')
}

async function answer(request, response) {
  const url = new URL(request.url, base)
  const body = request.method === 'POST' ? await fields(request) : {}
  dress(request, response, Object.fromEntries(url.searchParams), body)
  if (url.pathname === '/metadata') return metadata(request, response)
  if (url.pathname !== '/sso') return show(response, 404, 'not found\n', 'text/plain; charset=utf-8')
  const found = signedIn(body)
  if (found) return assert(request, response, found)
  const isTyped = body.login !== undefined
  const { SAMLRequest, RelayState } = body
  show(response, isTyped ? 401 : 200, form(request.url, { SAMLRequest, RelayState }, isTyped))
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => refuse(response, error))
})
rmSync(socket, { force: true })
server.listen(socket)
