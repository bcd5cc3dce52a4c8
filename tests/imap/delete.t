# RFC 3501 §6.3.4: a deleted mailbox is gone with its messages
@imap login
@create Old
@append Old simple.eml
C: a DELETE Old
S: a OK ...
C: b LIST "" Old
S: b OK ...
C: c SELECT Old
S: c NO ...
