# RFC 5258 §3.5, §5 example 9: a name that only leads to something subscribed is listed with CHILDINFO, unless that is listed itself
@imap login
@needs LIST-EXTENDED
@create Foo
@create Foo/Bar
@create Foo/Baz
@create Eps/Mamba
C: a SUBSCRIBE Foo/Baz
S: a OK ...
C: b SUBSCRIBE Eps/Mamba
S: b OK ...
C: c SUBSCRIBE Eps
S: c OK ...
C: d LIST (RECURSIVEMATCH SUBSCRIBED) "" ("Foo" "Eps")
S*: * LIST (...) "/" "Foo" (~<"CHILDINFO" ("SUBSCRIBED")>)
S*: * LIST ~(\Subscribed ...) "/" "Eps" (~<"CHILDINFO" ("SUBSCRIBED")>)
S: d OK ...
C: e LIST (RECURSIVEMATCH SUBSCRIBED) "" "Foo*"
S: * LIST ~(\Subscribed ...) "/" "Foo/Baz"
S: e OK ...
