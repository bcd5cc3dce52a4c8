# RFC 1939 §7: TOP gives the header, the empty line and n lines of the body, dot-stuffed
@pop3 login
@append INBOX dots.eml
C: TOP 1 2
S: +OK...
S: From: dots@example.org
S: To: bob@example.net
S: Subject: dots
S: Date: Wed, 11 Mar 2020 12:00:00 +0000
S:
S: ..one dot
S: \x2e..two dots
S: .
