# RFC 3516 §4.2: a part with its transfer encoding taken away, its size, and a piece of it
@imap select INBOX
@needs BINARY
@append INBOX attachment.eml
@append INBOX nested.eml
C: a FETCH 1 BINARY.SIZE[1]
S: * 1 FETCH (BINARY.SIZE[1] 18)
S: a OK ...
C: b FETCH 1 BINARY.PEEK[1]
S: * 1 FETCH (BINARY[1] ~{}
S| café soft break
S: )
S: b OK ...
C: c FETCH 1 BINARY.PEEK[1]<3.4>
S: * 1 FETCH (BINARY[1]<3> ~{}
S| é s\
S: )
S: c OK ...
C: d FETCH 2 (UID BINARY.SIZE[2.1])
S: * 2 FETCH (~<UID 2, BINARY.SIZE[2.1] 11>)
S: d OK ...
