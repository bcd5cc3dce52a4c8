# RFC 3501 §6.4.7: COPY to a mailbox with an Arabic name
@imap select INBOX
@append INBOX simple.eml
@create "&BigGMQZKBi8-"
C: a COPY 1 "&BigGMQZKBi8-"
S: a OK [COPYUID ${v:number} 1 1] ...
