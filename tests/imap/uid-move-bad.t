# RFC 6851 §3.2: UID MOVE to what does not exist moves nothing
@imap select INBOX
@append INBOX simple.eml
C: a UID MOVE 1 nowhere
S: a NO [TRYCREATE] ...
C: b UID FETCH 1 UID
S: * 1 FETCH (UID 1)
S: b OK ...
