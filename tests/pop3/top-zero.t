# RFC 1939 §7: TOP n 0 gives the header and the empty line
@pop3 login
@append INBOX dots.eml
C: TOP 1 0
S: +OK...
S: From: dots@example.org
S: To: bob@example.net
S: Subject: dots
S: Date: Wed, 11 Mar 2020 12:00:00 +0000
S:
S: .
