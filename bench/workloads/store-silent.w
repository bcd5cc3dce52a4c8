# A flag set on all messages and taken away again, untold: two commands an operation. (Cyrus tells of the new modseq all the same.)
protocol imap
[setup]
user
connect
< * OK
> a LOGIN {login} {password}
< a OK
> b SELECT INBOX
< b OK
[loop]
> c STORE 1:* +FLAGS.SILENT (\Flagged)
< c OK
> d STORE 1:* -FLAGS.SILENT (\Flagged)
< d OK
