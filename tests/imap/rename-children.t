# RFC 3501 §6.3.5: names below the renamed one move with it
@imap login
@create a/b/c
@append a/b/c simple.eml
C: x RENAME a z
S: x OK ...
C: y LIST "" "z*"
S*: * LIST ~(...) "/" "z"
S*: * LIST ~(...) "/" "z/b"
S*: * LIST ~(...) "/" "z/b/c"
S: y OK ...
C: z STATUS z/b/c (MESSAGES)
S: * STATUS "z/b/c" (MESSAGES 1)
S: z OK ...
