# RFC 6856 §3.2: from LANG on, the answers are in that language; response codes stay
@pop3
@only barid: its texts
S: +OK ...
C: LANG ar
S: +OK ar النصوص بالعربية
C: USER ${user}
S: +OK هات كلمة السر
C: PASS wrong
S: -ERR [AUTH] اسم المستخدم أو كلمة السر غير صحيح
C: LANG zh-CN
S: +OK zh 提示信息使用中文
C: STAT
S: -ERR 请先登录
C: LANG FR
S: +OK fr les textes sont en français
C: WHAT
S: -ERR commande inconnue
C: LANG en
S: +OK en texts are in English
C: QUIT
S: +OK bye
