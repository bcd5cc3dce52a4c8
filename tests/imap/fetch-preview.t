# RFC 8970 §3: the first words of the text, decoded; of HTML its text
@imap select INBOX
@only barid: a stock Dovecot speaks an older form
@append INBOX attachment.eml
@append INBOX strange-encoding.eml
@append INBOX nested.eml
@append INBOX headeronly.eml
C: a FETCH 1 PREVIEW
S: * 1 FETCH (PREVIEW {}
S| café soft break\
S: )
S: a OK ...
C: b FETCH 2:3 (UID PREVIEW (LAZY))
S: * 2 FETCH (UID 2 PREVIEW ...
S: ...
S: b OK ...
C: c FETCH 3 PREVIEW
S: * 3 FETCH (PREVIEW "First part.")
S: c OK ...
C: d FETCH 4 PREVIEW
S: * 4 FETCH (PREVIEW "")
S: d OK ...
C: e FETCH 1 FLAGS
S: * 1 FETCH (FLAGS ~(?\Recent))
S: e OK ...
C: f FETCH 1 PREVIEW (FANCY)
S: f BAD ...
