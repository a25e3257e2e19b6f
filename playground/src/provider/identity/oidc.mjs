// Provider of OpenID Connect on a unix socket: node oidc.mjs ISSUER SOCKET
//
// The clients are in clients.json, which is read for each request: a client that is gone is refused at once.

import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

import Provider from 'oidc-provider'

import { fields, form, person, show, signedIn } from './people.mjs'

const [issuer, socket] = process.argv.slice(2)
const folder = dirname(fileURLToPath(import.meta.url))
const file = (name) => `${folder}/${name}`

/** The key that tokens are signed with: the same one after a restart. */
function signingKey() {
  const path = file('key.pem')
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  }
  return { ...createPrivateKey(readFileSync(path)).export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }
}

/** Keeps sessions and tokens in memory, until they are used up, revoked or this process ends. */
class Memory {
  static entries = new Map()

  constructor(model) {
    this.model = model
  }

  key(id) {
    return `${this.model} ${id}`
  }

  async upsert(id, payload, expiresIn) {
    const until = expiresIn ? Date.now() + expiresIn * 1000 : Infinity
    Memory.entries.set(this.key(id), { payload, until })
  }

  async find(id) {
    if (this.model === 'Client') return JSON.parse(readFileSync(file('clients.json')))[id]
    const entry = Memory.entries.get(this.key(id))
    if (entry && entry.until > Date.now()) return entry.payload
    Memory.entries.delete(this.key(id))
  }

  async findBy(property, value) {
    for (const [key, { payload }] of Memory.entries) {
      if (key.startsWith(this.key('')) && payload[property] === value) return payload
    }
  }

  findByUid(uid) {
    return this.findBy('uid', uid)
  }

  findByUserCode(userCode) {
    return this.findBy('userCode', userCode)
  }

  async consume(id) {
    const payload = await this.find(id)
    if (payload) payload.consumed = Math.floor(Date.now() / 1000)
  }

  async destroy(id) {
    Memory.entries.delete(this.key(id))
  }

  async revokeByGrantId(grantId) {
    for (const [key, { payload }] of Memory.entries) {
      if (payload.grantId === grantId) Memory.entries.delete(key)
    }
  }
}

/** Claims of a person, for tokens and the userinfo endpoint. */
function account(context, id) {
  const found = person(id)
  if (!found) return undefined
  const { name, given, family, email } = found
  const names = { name, given_name: given, family_name: family, preferred_username: id }
  const claims = { sub: id, ...names, email, email_verified: true }
  return { accountId: id, claims: async () => claims }
}

/** The charm's administrator has related the application, so no person is asked whether it may know them. */
async function consent(context) {
  const { client, params, provider: server, session } = context.oidc
  const grant = new server.Grant({ clientId: client.clientId, accountId: session.accountId })
  grant.addOIDCScope(params.scope)
  await grant.save()
  return grant
}

const provider = new Provider(issuer, {
  adapter: Memory,
  claims: {
    openid: ['sub'],
    profile: ['name', 'given_name', 'family_name', 'preferred_username'],
    email: ['email', 'email_verified'],
  },
  clientDefaults: { grant_types: ['authorization_code'], response_types: ['code'] },
  // Many clients read a person's claims from the ID token alone.
  conformIdTokenClaims: false,
  features: { devInteractions: { enabled: false }, introspection: { enabled: true } },
  findAccount: account,
  interactions: { url: (context, interaction) => `/interaction/${interaction.uid}` },
  jwks: { keys: [signingKey()] },
  loadExistingGrant: consent,
  pkce: { required: () => false },
  scopes: ['openid', 'profile', 'email', 'phone', 'address', 'offline_access'],
})

/** The form, and what is typed into it. */
async function interact(request, response) {
  const { uid } = await provider.interactionDetails(request, response)
  const action = `/interaction/${uid}`
  if (request.method !== 'POST') return show(response, 200, form(action, {}, false))
  const found = signedIn(await fields(request))
  if (!found) return show(response, 401, form(action, {}, true))
  await provider.interactionFinished(request, response, { login: { accountId: found.login } })
}

const serve = provider.callback()
const server = createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) return serve(request, response)
  interact(request, response).catch((error) => show(response, 400, `${error.message}\n`, 'text/plain'))
})
rmSync(socket, { force: true })
server.listen(socket)
