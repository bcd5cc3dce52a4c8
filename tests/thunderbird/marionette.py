"""Speaks with the Marionette of a Thunderbird: runs scripts in its windows' own context. Packets are "length:JSON"."""
import json
import socket
import time


class Refused(Exception):
    pass


class Marionette:
    def __init__(self, port, seconds=90):
        end = time.monotonic() + seconds
        while True:
            try:
                self.socket = socket.create_connection(('127.0.0.1', port), timeout=60)
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.3)
        self.file = self.socket.makefile('rb')
        self.number = 0
        self.packet()
        self.call('WebDriver:NewSession', capabilities={})
        self.call('Marionette:SetContext', value='chrome')
        self.call('WebDriver:SetTimeouts', script=120000)

    def packet(self):
        length = b''
        while not length.endswith(b':'):
            octet = self.file.read(1)
            if not octet:
                raise EOFError('Thunderbird went away')
            length += octet
        return json.loads(self.file.read(int(length[:-1])))

    def call(self, command, **arguments):
        self.number += 1
        text = json.dumps([0, self.number, command, arguments]).encode()
        self.socket.sendall(b'%d:%s' % (len(text), text))
        while True:
            kind, number, error, result = self.packet()
            if kind == 1 and number == self.number:
                break
        if error:
            raise Refused('%s: %s' % (error.get('error'), error.get('message')))
        return result

    def run(self, script, *arguments):
        """What the body of a function of window `window` returns."""
        return self.call('WebDriver:ExecuteScript', script=script, args=list(arguments), newSandbox=False,
                         sandbox='system')['value']

    def wait(self, script, *arguments):
        """The same of an async function."""
        whole = ('const done = arguments[arguments.length - 1]; (async function(...args) {' + script +
                 '})(...[...arguments].slice(0, -1)).then(value => done({value}), error => done({error: String(error)}));')
        got = self.call('WebDriver:ExecuteAsyncScript', script=whole, args=list(arguments), newSandbox=False,
                        sandbox='system')['value']
        if 'error' in got:
            raise Refused(got['error'])
        return got.get('value')
