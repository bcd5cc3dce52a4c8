# RFC 3501 §6.3.5: a mailbox made under the old name of a renamed one gives no UID again that could be mistaken
@imap login
@create old
@append old simple.eml
C: a STATUS old (UIDVALIDITY)
S: * STATUS "old" (UIDVALIDITY ${v1:number})
S: a OK ...
C: b RENAME old new
S: b OK ...
C: c CREATE old
S: c OK ...
C: d STATUS old (UIDVALIDITY)
S: * STATUS "old" (UIDVALIDITY ${v2:number})
S: d OK ...
@check ${v2} > ${v1}
