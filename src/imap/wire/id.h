/* ID before and after login: RFC 2971 §3. */
#ifndef IMAP_WIRE_ID_H
#define IMAP_WIRE_ID_H

#include "imap/wire/args.h"

enum { ID_PAIRS_MAX = 30, ID_FIELD_MAX = 30, ID_VALUE_MAX = 1024 };

/* id_params_list: NIL or "(field value ...)". Nothing at all is accepted too, and an empty list. */
bool args_id(struct args *a);
/* "* ID (...)". The version is told to people who have logged in. */
void print_id(struct buf *out, bool logged_in);

#endif
