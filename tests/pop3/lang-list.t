# RFC 6856 §3.2: LANG alone lists the languages, each in itself
@pop3
@not dovecot: it has no LANG
S: +OK ...
C: LANG
S: +OK...
S*: en English
S*: ar العربية
S*: fr Français
S*: zh 中文
S*: ...
S: .
