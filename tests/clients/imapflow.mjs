// imapflow does everything that it can; the first thing that is not as it should be ends it with a word on stderr.
// Arguments: port, port with TLS, user, password, certificate, LMTP port, address.
import { webcrypto } from 'node:crypto';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import { ImapFlow } from 'imapflow';

globalThis.crypto ??= webcrypto; // Debian 12's Node has it under another name

const [port, tlsPort, user, pass, ca, lmtpPort, address] = process.argv.slice(2);
const ARABIC = 'البريد القديم';
const SUBJECT = 'أهلًا بك في بريد';
const TEXT = 'رسالة مكتوبة بالعربية';

function client(options) {
	const c = new ImapFlow({ host: 'localhost', auth: { user, pass }, logger: false, tls: { ca: fs.readFileSync(ca) },
		...options });
	c.on('error', error => { throw error; });
	return c;
}

function event(emitter, name, wanted = () => true) {
	return new Promise((resolve, reject) => {
		const late = setTimeout(() => reject(new Error(`no ${name} within 10 s`)), 10000);
		emitter.on(name, function listener(data) {
			if (!wanted(data)) return;
			clearTimeout(late);
			emitter.off(name, listener);
			resolve(data);
		});
	});
}

function deliver() {
	return new Promise((resolve, reject) => {
		const s = net.connect(Number(lmtpPort), '127.0.0.1');
		let said = '';
		s.on('data', d => { said += d; }).on('error', reject)
			.on('close', () => (/^250 [^\n]*\r\n221/m.test(said) ? resolve() : reject(new Error(said))));
		s.on('data', () => {
			if (s.stage === undefined && /^220 /m.test(said)) {
				s.stage = 1;
				s.write(`LHLO me\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<${address}>\r\nDATA\r\n`);
			} else if (s.stage === 1 && /^354/m.test(said)) {
				s.stage = 2;
				s.write('Subject: delivered\r\n\r\nwhile idling\r\n.\r\nQUIT\r\n');
			}
		});
	});
}

async function collect(generator) {
	const out = [];
	for await (const item of generator) out.push(item);
	return out;
}

function mime(subject, text) {
	return Buffer.from(['From: =?utf-8?B?' + Buffer.from('مرسل').toString('base64') + '?= <a@example.net>',
		'To: b@example.org', 'Subject: =?utf-8?B?' + Buffer.from(subject).toString('base64') + '?=', 'MIME-Version: 1.0',
		'Content-Type: multipart/mixed; boundary=xx', '', '--xx', 'Content-Type: text/plain; charset=utf-8',
		'Content-Transfer-Encoding: base64', '', Buffer.from(text).toString('base64'), '--xx',
		'Content-Type: application/octet-stream', 'Content-Transfer-Encoding: base64',
		'Content-Disposition: attachment; filename=a.bin', '', Buffer.alloc(300, 7).toString('base64'), '--xx--', '']
		.join('\r\n'));
}

const c = client({ port: Number(tlsPort), secure: true });
await c.connect();

// mailboxes
const names = (await c.list()).map(m => [m.path, m.specialUse]);
for (const use of ['\\Sent', '\\Trash', '\\Drafts', '\\Junk', '\\Archive'])
	assert(names.some(([, u]) => u === use), `no mailbox with ${use}`);
assert.equal((await c.mailboxCreate(ARABIC)).created, true);
assert((await c.list()).some(m => m.path === ARABIC));
await c.mailboxSubscribe(ARABIC);

// append, fetch, search, download
const date = new Date('2024-02-29T12:34:56Z');
const appended = await c.append('INBOX', mime(SUBJECT, TEXT), ['\\Seen', '$Label1'], date);
assert.equal(appended.uid, 1);
await c.append('INBOX', mime('second', 'second'));
let lock = await c.getMailboxLock('INBOX');
assert.equal(c.mailbox.exists, 2);
const [first, second] = await collect(c.fetch('1:*', { uid: true, flags: true, envelope: true, bodyStructure: true,
	internalDate: true, size: true, source: true, headers: ['subject'] }));
assert.equal(first.envelope.subject, SUBJECT);
assert.equal(first.envelope.from[0].name, 'مرسل');
assert.equal(first.internalDate.getTime(), date.getTime());
assert.deepEqual([...first.flags].filter(f => f !== '\\Recent').sort(), ['$Label1', '\\Seen']);
assert.deepEqual(first.source, mime(SUBJECT, TEXT));
assert.equal(first.size, mime(SUBJECT, TEXT).length);
assert.deepEqual(first.bodyStructure.childNodes.map(n => n.type), ['text/plain', 'application/octet-stream']);
assert.match(second.headers.toString(), /^Subject: /i);
const { meta, content } = await c.download('1', '1');
let text = '';
for await (const chunk of content) text += chunk;
assert.equal(text.trim(), TEXT);
assert.equal(meta.contentType, 'text/plain');
const attachment = await c.download('1', '2');
let size = 0;
for await (const chunk of attachment.content) size += chunk.length;
assert.equal(size, 300);
assert.deepEqual(await c.search({ subject: SUBJECT }), [1]);
assert.deepEqual(await c.search({ seen: false }, { uid: true }), [2]);

// flags
assert.equal(await c.messageFlagsAdd('2', ['\\Flagged']), true);
assert.equal(await c.messageFlagsRemove('1', ['$Label1']), true);
assert((await c.fetchOne('2', { flags: true })).flags.has('\\Flagged'));

// move, copy, delete
const moved = await c.messageMove('2', ARABIC);
assert.deepEqual([...moved.uidMap], [[2, 1]]);
const copied = await c.messageCopy('1', 'Archive');
assert.deepEqual([...copied.uidMap], [[1, 1]]);
lock.release();
assert.equal((await c.status(ARABIC, { messages: true, unseen: true })).messages, 1);

// IDLE: what others do comes as events
lock = await c.getMailboxLock('INBOX');
const other = client({ port: Number(port), secure: false });
await other.connect();
assert.equal(other.secureConnection, true, 'STARTTLS was not used');
let idling = c.idle();
const exists = event(c, 'exists', e => e.count === 2);
await deliver();
await exists;
const otherLock = await other.getMailboxLock('INBOX');
const flags = event(c, 'flags', e => e.seq === 2 && e.flags.has('\\Answered'));
await other.messageFlagsAdd('2', ['\\Answered']);
await flags;
const expunge = event(c, 'expunge', e => e.seq === 1);
assert.equal(await other.messageDelete('1'), true);
await expunge;
otherLock.release();
assert.equal((await c.fetchOne('1', { envelope: true })).envelope.subject, 'delivered');
await idling;
lock.release();

await c.mailboxRename(ARABIC, 'renamed');
await c.mailboxDelete('renamed');
assert(!(await c.list()).some(m => m.path === 'renamed' || m.path === ARABIC));
await other.logout();
await c.logout();
console.log('all well');
