# RFC 6856 §3.2: the language that was chosen before login holds after it, and may change there
@pop3
@append INBOX simple.eml
@only barid: its texts
S: +OK ...
C: LANG ar
S: +OK ar ...
C: USER ${user}
S: +OK ...
C: PASS ${password}
S: +OK عدد الرسائل 1 (الحجم ${size_simple} بايت)
C: LIST 7
S: -ERR لا توجد رسالة بهذا الرقم
C: RETR 1
S: +OK ${size_simple} بايت
S.< simple.eml
C: LANG zh
S: +OK zh ...
C: DELE 1
S: +OK 该邮件将在 QUIT 时删除
C: LANG
S: +OK 语言列表如下
S*: ar العربية
S*: ...
S: .
C: LANG de
S: -ERR 此处不支持该语言
C: QUIT
S: +OK 再见
