# Throws all away, so that mailboxes stay small: account after account.
protocol imap
[loop]
user
connect
< * OK
> a LOGIN {login} {password}
< a OK
> b SELECT INBOX
< b OK
> c UID STORE 1:* +FLAGS.SILENT (\Deleted)
< c OK
> d EXPUNGE
< d OK
> e LOGOUT
< e OK
close
pause 500
