# A desktop client that stays connected: files a message, flags it, throws it away; others of the account do the same.
protocol imap
[setup]
user
connect
< * OK
> a LOGIN {login} {password}
< a OK
> b SELECT Drafts
< b OK
[loop]
> c APPEND Drafts (\Draft) {literal}
< +
> {message}
< c OK
pause 700
> d UID STORE 1:* +FLAGS.SILENT (\Deleted)
< d OK
> e EXPUNGE
< e OK
pause 900
> f NOOP
< f OK
