# RFC 3501 §6.4.8: the search with which clients begin: new UIDs that are not deleted
@imap select INBOX
@append INBOX simple.eml
@append INBOX dots.eml (\Deleted)
@append INBOX nested.eml
C: a UID SEARCH UID 1:* UNDELETED
S: * SEARCH ~<1 3>
S: a OK ...
C: b UID SEARCH 1:* NOT DELETED
S: * SEARCH ~<1 3>
S: b OK ...
