# RFC 5819 §2: one command tells the counts of all mailboxes that it lists
@imap login
@needs LIST-STATUS
@create Box
@create Cellar
@append Box simple.eml (\Seen)
@append Box simple.eml
C: a LIST "" (Box Cellar) RETURN (STATUS (MESSAGES UNSEEN))
S*: * LIST (...) "/" "Box"
S*: * STATUS "Box" (~<MESSAGES 2 UNSEEN 1>)
S*: * LIST (...) "/" "Cellar"
S*: * STATUS "Cellar" (~<MESSAGES 0 UNSEEN 0>)
S: a OK ...
