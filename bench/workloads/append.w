# A client that files what it sent.
protocol imap
[setup]
user
connect
< * OK
> a LOGIN {login} {password}
< a OK
[loop]
> a APPEND INBOX (\Seen) {literal}
< +
> {message}
< a OK
