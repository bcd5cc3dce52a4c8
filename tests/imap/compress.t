# RFC 4978 §3: DEFLATE is accepted once; what follows is compressed
@imap login
@needs COMPRESS=DEFLATE
C: a COMPRESS DEFLATE
S: a OK ...
@drop
