# RFC 1939 §3: lines that begin with a dot get another one
@pop3 login
@append INBOX dots.eml
C: RETR 1
S: +OK ...
S| From: dots@example.org
S| To: bob@example.net
S| Subject: dots
S| Date: Wed, 11 Mar 2020 12:00:00 +0000
S|
S| ..one dot
S| \x2e..two dots
S| ..
S| \x2e\x2e.. three
S| end
S| .
