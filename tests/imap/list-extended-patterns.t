# RFC 5258 §3: several patterns; a mailbox that fits two is listed once
@imap login
@needs LIST-EXTENDED
@create Aa
@create Bb
@create Cc
C: a LIST "" (Aa B* Bb)
S*: * LIST (...) "/" "Aa"
S*: * LIST (...) "/" "Bb"
S: a OK ...
C: b LIST () "" Cc
S: * LIST (...) "/" "Cc"
S: b OK ...
