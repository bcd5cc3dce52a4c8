# RFC 3501 §6.4.7: COPY to what does not exist is refused with TRYCREATE, and nothing is made
@imap select INBOX
@append INBOX simple.eml
C: a COPY 1 nowhere
S: a NO [TRYCREATE] ...
C: b LIST "" nowhere
S: b OK ...
