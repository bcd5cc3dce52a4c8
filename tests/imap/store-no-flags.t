# RFC 3501 §9 store-att-flags: FLAGS without any flag or list is a syntax error
@imap select INBOX
@not dovecot: it takes it for FLAGS ()
@append INBOX simple.eml
C: a STORE 1 FLAGS
S: a BAD ...
