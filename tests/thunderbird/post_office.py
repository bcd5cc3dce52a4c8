"""What Thunderbird sends by: a small SMTP server that hands everything on to Barid by LMTP."""
import smtplib
import socketserver
import threading


class Session(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b'\r\n')

    def handle(self):
        self.say('220 localhost')
        sender, recipients = '', []
        while True:
            line = self.rfile.readline()
            if not line:
                return
            word = line.split(b':')[0].strip().upper().split(b' ')[0]
            if word == b'QUIT':
                self.say('221 bye')
                return
            if word == b'EHLO':
                self.say('250-localhost')
                self.say('250 8BITMIME')
            elif word == b'MAIL':
                sender, recipients = address(line), []
                self.say('250 ok')
            elif word == b'RCPT':
                recipients.append(address(line))
                self.say('250 ok')
            elif word == b'DATA':
                self.say('354 go on')
                self.server.deliver(sender, recipients, self.content())
                self.say('250 delivered')
            else:
                self.say('250 ok')

    def content(self):
        lines = []
        for line in self.rfile:
            if line == b'.\r\n':
                break
            lines.append(line[1:] if line.startswith(b'.') else line)
        return b''.join(lines)


def address(line):
    return line.split(b'<')[1].split(b'>')[0].decode()


class PostOffice(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def __init__(self, lmtp_port):
        super().__init__(('127.0.0.1', 0), Session)
        self.lmtp_port = lmtp_port
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def deliver(self, sender, recipients, content):
        with smtplib.LMTP('127.0.0.1', self.lmtp_port) as lmtp:
            lmtp.sendmail(sender, recipients, content)
