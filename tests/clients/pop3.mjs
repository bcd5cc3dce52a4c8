// node-pop3 at its ordinary work (it leaves dots stuffed, so there are none). Says "all well".
import assert from 'node:assert/strict'
import Pop3Command from 'node-pop3'

const [port, user, password] = process.argv.slice(2)
const pop3 = new Pop3Command({ host: 'localhost', port: Number(port), user, password, tls: true, tlsOptions: { rejectUnauthorized: false } })
const [stat] = await Promise.all([pop3.STAT()])
assert.match(stat, /^2 \d+$/)
const ids = await pop3.UIDL()
assert.equal(ids.length, 2)
assert.equal(new Set(ids.map(([, id]) => id)).size, 2)
const two = await pop3.RETR(2)
assert.match(two, /Subject: two/)
assert.match(two, /\r\n\r\na\r\nb/)
assert.match(await pop3.TOP(1, 0), /Subject: one/)
await pop3.command('DELE', '1')
await pop3.QUIT()
console.log('all well')
