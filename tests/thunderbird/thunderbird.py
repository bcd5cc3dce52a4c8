#!/usr/bin/python3
"""A person's way with Thunderbird: sets accounts up in its window, reads, is told of new mail, replies by way of a draft, files, deletes, searches;
then the same mail by POP3, left on the server for 15 days. What it did is looked up on the server by other means.

    make test-thunderbird            pictures of each scene are left in build-thunderbird

The last line is "N passed, N failed"."""
import argparse
import re
import shutil
import sys
import tempfile
import time
import traceback
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / 'clients'), str(HERE.parent / 'player')]
import post  # noqa: E402
import served  # noqa: E402
from post_office import PostOffice  # noqa: E402
from servers import free_ports  # noqa: E402
from window import Window  # noqa: E402

FOLDER = 'مشاريع'
MAIL = {'أهلًا بك في بريد': post.ARABIC_TEXT, '你好，世界': '这是一封中文邮件。', 'دستور جلسه': 'سلام، فردا ساعت ۱۰.',
        'Invoice 4711': 'The amount is due by Friday.', 'Lunch?': 'At noon, by the harbour.'}


class Scenes:
    def __init__(self, server, window, office):
        self.server, self.window, self.office = server, window, office
        self.anna, self.ben = server.account('anna'), server.account('ben')

    # -- by other means --

    def post(self, account):
        return post.Post(self.server, account)

    def deliver(self, account, subject, text):
        raw = post.message(subject, text + '\n', to=account.address)
        self.post(account).deliver(raw.replace(b'Sender <sender@example.net>', b'Ben <ben@example.org>'))

    def on_server(self, account, mailbox):
        """{subject: flags}"""
        imap = self.post(account).imap()
        kind, _ = imap.select('"%s"' % post.utf7(mailbox), readonly=True)
        if kind != 'OK':
            return {}
        found = {}
        for part in imap.fetch('1:*', '(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])')[1]:
            if isinstance(part, tuple):
                subject = decoded(part[1].decode().partition(':')[2].strip())
                found[subject] = part[0].decode()
        imap.logout()
        return found

    # -- scenes, in their order --

    def set_up_imap(self):
        for subject, text in MAIL.items():
            self.deliver(self.anna, subject, text)
        self.set_up('Anna Amsel', self.anna, '1', self.server.ports['imaps'])
        w = self.window
        w.until('the inbox', lambda: w.run('const f = folder(arguments[0], "Inbox"); return f && f.getTotalMessages(false) == 5',
                                           self.anna.user), 90)

    def set_up(self, name, account, protocol, port):
        """In the Account Hub, by hand, as a person does for a server that no directory knows."""
        w = self.window
        w.run('openAccountHub("MAIL")')
        w.fill(realName=name, email=account.address)
        w.press('forward')
        w.see('incomingHostname')
        w.fill(incomingProtocolSelect=protocol)
        w.fill(incomingHostname='localhost', incomingPort=port, incomingUsername=account.user,
               incomingConnectionSecuritySelect='3', incomingAuthMethodSelect='3')
        w.picture('server settings')
        w.press('forward')
        w.see('outgoingHostname')
        w.fill(outgoingHostname='localhost', outgoingPort=self.office.port, outgoingConnectionSecuritySelect='0',
               outgoingAuthMethodSelect='1')
        w.press('custom')
        w.picture('outgoing')
        w.press('forward')
        w.see('password')
        w.fill(password=account.password)
        w.run('const e = find("rememberPassword"); if (!e.checked) e.click()')
        w.press('forward')
        w.until('the account', lambda: w.run('return !!server(arguments[0])', account.user))
        w.until('the end of the set-up', self.hub_is_gone)

    def hub_is_gone(self):
        """Presses what it offers last."""
        return self.window.run('''const last = ["finish", "closeButton"].map(find).find(e => e && !e.disabled); last?.click();
            return ![...deep(document)].some(e => e.localName == "account-hub-email" && e.getClientRects().length);''')

    def read(self):
        w, subject = self.window, 'أهلًا بك في بريد'
        self.open_folder('Inbox')
        w.picture('inbox')
        self.choose(subject)
        w.until('its text', lambda: post.ARABIC_TEXT in w.run('''
            return pane.messageBrowser.contentDocument.getElementById("messagepane").contentDocument?.body?.innerText || ""'''))
        w.picture('a message')
        w.until('\\Seen on the server', lambda: '\\Seen' in self.on_server(self.anna, 'INBOX')[subject])
        assert '\\Seen' not in self.on_server(self.anna, 'INBOX')['Lunch?']

    def is_told_of_new_mail(self):
        w = self.window
        began = time.monotonic()
        self.deliver(self.anna, 'Just now', 'by IDLE')
        w.until('the new message', lambda: w.run('return !!message(folder(arguments[0], "Inbox"), "Just now")', self.anna.user), 20)
        print('     shown after %.1f s' % (time.monotonic() - began))

    def flags(self):
        w = self.window
        self.choose('Lunch?')
        w.run('pane.goDoCommand("cmd_markAsFlagged")')
        w.until('\\Flagged on the server', lambda: '\\Flagged' in self.on_server(self.anna, 'INBOX')['Lunch?'])
        imap = self.post(self.anna).imap('INBOX')
        imap.store(imap.search(None, 'SUBJECT', 'Invoice')[1][0].decode(), '+FLAGS', '\\Flagged')
        imap.logout()
        w.until('the flag of another client', lambda: w.run(
            'return message(folder(arguments[0], "Inbox"), "Invoice 4711").isFlagged', self.anna.user), 20)

    def files_it(self):
        w = self.window
        w.run('server(arguments[0]).rootFolder.createSubfolder(arguments[1], null)', self.anna.user, FOLDER)
        w.until('the folder', lambda: w.run('return !!folder(arguments[0], arguments[1])', self.anna.user, FOLDER))
        self.choose('دستور جلسه')
        w.run('pane.gDBView.doCommandWithFolder(Ci.nsMsgViewCommandType.moveMessages, folder(arguments[0], arguments[1]))',
              self.anna.user, FOLDER)
        w.until('it in its folder, on the server', lambda: 'دستور جلسه' in self.on_server(self.anna, FOLDER))
        assert 'دستور جلسه' not in self.on_server(self.anna, 'INBOX')
        self.open_folder(FOLDER)
        self.choose('دستور جلسه')
        w.picture('filed')

    def deletes(self):
        w = self.window
        self.open_folder('Inbox')
        self.choose('Just now')
        w.run('pane.goDoCommand("cmd_delete")')
        w.until('it in the bin, on the server', lambda: 'Just now' in self.on_server(self.anna, 'Trash'))
        assert 'Just now' not in self.on_server(self.anna, 'INBOX')

    def replies_by_way_of_a_draft(self):
        w = self.window
        self.choose('Invoice 4711')
        w.run('pane.goDoCommand("cmd_reply")')
        self.writes('سأدفع يوم الخميس. ')
        w.run(COMPOSE + 'c.goDoCommand("cmd_saveAsDraft")')
        w.until('the draft on the server', lambda: '\\Draft' in self.on_server(self.anna, 'Drafts').get('Re: Invoice 4711', ''))
        w.until('the end of saving', lambda: w.run(COMPOSE + 'return !c.gSaveOperationInProgress'))
        w.picture('draft')
        w.run(COMPOSE + 'c.close()')
        w.until('no such window', lambda: not w.run(COMPOSE + 'return !!c'))
        self.open_folder('Drafts')
        self.choose('Re: Invoice 4711')
        w.run('pane.goDoCommand("cmd_editDraftMsg")')
        self.writes('And thank you. ')
        w.run(COMPOSE + 'c.goDoCommand("cmd_sendNow")')
        w.until('the copy in Sent', lambda: 'Re: Invoice 4711' in self.on_server(self.anna, 'Sent'))
        w.until('no draft any more', lambda: not self.on_server(self.anna, 'Drafts'))
        (_, _, raw), = self.post(self.ben).look()
        text = message_from_bytes(raw, policy=policy.default).get_body(('plain', 'html')).get_content()
        assert 'سأدفع يوم الخميس' in text and 'And thank you.' in text, text

    def writes(self, text):
        w = self.window
        w.until('a window to write in', lambda: w.run(COMPOSE + 'return c && c.gLoadingComplete !== false && !!c.GetCurrentEditor()'
                                                      ' && !!c.gMsgCompose?.compFields.to'))
        w.run(COMPOSE + 'c.GetCurrentEditor().beginningOfDocument(); c.GetCurrentEditor().insertText(arguments[0])', text)

    def searches_on_the_server(self):
        for key, value, found in (('Body', '这是一封', ['你好，世界']), ('Subject', 'أهلًا', ['أهلًا بك في بريد']), ('Sender', 'Ben', sorted(set(MAIL) - {'دستور جلسه'}))):
            got = self.window.wait('''
                const session = Cc["@mozilla.org/messenger/searchSession;1"].createInstance(Ci.nsIMsgSearchSession);
                const inbox = folder(args[0], "Inbox"), found = [];
                session.addScopeTerm(Ci.nsMsgSearchScope.onlineMail, inbox);
                const term = session.createTerm(), value = term.value;
                value.attrib = term.attrib = Ci.nsMsgSearchAttrib[args[1]];
                value.str = args[2]; term.value = value; term.op = Ci.nsMsgSearchOp.Contains; term.booleanAnd = true;
                session.appendTerm(term);
                await new Promise(done => {
                    session.registerListener({ onSearchHit: h => found.push(h.mime2DecodedSubject), onSearchDone: done, onNewSearch() {} });
                    session.search(null);
                });
                return found.sort();''', self.anna.user, key, value)
            assert got == found, (key, value, got)

    def pop3_leaves_it_for_15_days(self):
        w = self.window
        for n in (1, 2):
            self.deliver(self.ben, 'POP %d' % n, 'to be left on the server')
        self.set_up('Ben Buchfink', self.ben, '2', self.server.ports['pop3s'])
        w.run('''const s = server(arguments[0]).QueryInterface(Ci.nsIPop3IncomingServer);
            s.leaveMessagesOnServer = s.deleteByAgeFromServer = true; s.numDaysToLeaveOnServer = 15;''', self.ben.user)
        self.get_mail()
        w.until('the mail, here', lambda: w.run('return folder(arguments[0], "Inbox")?.getTotalMessages(false) == 3', self.ben.user))
        self.open_folder('Inbox', self.ben)
        w.picture('by POP3')
        assert len(self.on_server(self.ben, 'INBOX')) == 3

    def and_not_for_16(self):
        """Its own memory of what it downloaded when is set back, as if the time had passed."""
        w = self.window
        states = list(w.profile.glob('Mail/*/popstate.dat'))
        aged = [re.sub(r'\b(1[0-9]{9})\b', lambda m: str(int(m[1]) - 16 * 86400), s.read_text()) for s in states]
        for state, text in zip(states, aged):
            state.write_text(text)
        self.deliver(self.ben, 'POP 3', 'new')
        self.get_mail()
        w.until('the old ones gone from the server', lambda: list(self.on_server(self.ben, 'INBOX')) == ['POP 3'])
        assert w.run('return folder(arguments[0], "Inbox").getTotalMessages(false)', self.ben.user) == 4

    # -- what a person does in passing --

    def open_folder(self, name, account=None):
        w, user = self.window, (account or self.anna).user
        w.run('pane.displayFolder(folder(arguments[0], arguments[1]))', user, name)
        w.until('folder ' + name, lambda: w.run(
            'const f = folder(arguments[0], arguments[1]); return pane.gFolder?.URI == f.URI && !!pane.gDBView', user, name))

    def choose(self, subject):
        w = self.window
        w.until('message ' + subject, lambda: w.run('''
            const h = message(pane.gFolder, arguments[0]); if (!h) return false;
            pane.selectMessage(h); return pane.gDBView.selection.count == 1;''', subject))

    def get_mail(self):
        self.window.run('''const s = server(arguments[0]); MailServices.pop3.GetNewMail(
            null, null, s.rootFolder.descendants.find(f => f.getFlag(Ci.nsMsgFolderFlags.Inbox)), s)''', self.ben.user)


COMPOSE = 'const c = Services.wm.getMostRecentWindow("msgcompose"); '


def decoded(subject):
    return str(make_header(decode_header(subject)))


def main():
    words = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    words.add_argument('--pictures', default='build-thunderbird')
    words.add_argument('--only', help='the scenes up to this one')
    words = words.parse_args()
    lacking = [p for p in ('thunderbird', 'Xvfb') if not shutil.which(p)]
    if lacking:
        sys.exit('no %s here; Debian: apt install thunderbird xvfb' % ' and no '.join(lacking))
    server = served.make()
    work = tempfile.mkdtemp(prefix='barid-thunderbird-')
    window = Window(work, words.pictures)
    passed = failed = 0
    try:
        server.up()
        server.add_accounts(['anna', 'ben'])
        office = PostOffice(server.ports['lmtp'])
        window.open(free_ports(1)[0])
        trust(window, server.ca)
        scenes = Scenes(server, window, office)
        for name in ORDER:
            began = time.monotonic()
            try:
                getattr(scenes, name)()
                passed += 1
                print('ok   %s (%.0f s)' % (name.replace('_', ' '), time.monotonic() - began), flush=True)
            except Exception:
                failed += 1
                print('FAIL', name.replace('_', ' '))
                traceback.print_exc(limit=-4, file=sys.stdout)
                print(server.log_end())
                window.picture('failed')
                break  # each builds on the one before
            if name == words.only:
                break
        failed += len(server.complaints())
    finally:
        window.close()
        server.stop()
        server.remove()
        shutil.rmtree(work, ignore_errors=True)
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


ORDER = ('set_up_imap', 'read', 'is_told_of_new_mail', 'flags', 'files_it', 'deletes', 'replies_by_way_of_a_draft', 'searches_on_the_server', 'pop3_leaves_it_for_15_days',
         'and_not_for_16')


def trust(window, certificate):
    """As an administrator's policy would: the server's own certificate is one to be trusted."""
    text = ''.join(line for line in Path(certificate).read_text().splitlines() if not line.startswith('-----'))
    window.run('''Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).addCertFromBase64(arguments[0], "CT,CT,CT")''', text)


if __name__ == '__main__':
    sys.exit(main())
