/* libetpan, the library of claws-mail and others, at its ordinary work: IMAP and POP3 inside TLS. Says "all well", or what went wrong.
 *   etpan IMAPS-PORT POP3S-PORT USER PASSWORD */
#include <libetpan/libetpan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char text[] = "From: a@example.net\r\nSubject: from C\r\n\r\na line\r\n.\r\nthe last\r\n";

static void check(int error, const char *what)
{
	if (error == 0)
		return;
	printf("%s: error %d\n", what, error);
	exit(1);
}

static size_t count(const clist *list)
{
	return list ? (size_t)clist_count(list) : 0;
}

static void imap(uint16_t port, const char *user, const char *password)
{
	mailimap *s = mailimap_new(0, NULL);
	int e = mailimap_ssl_connect(s, "localhost", port);
	check(e != MAILIMAP_NO_ERROR_NON_AUTHENTICATED, "connect");
	check(mailimap_login(s, user, password), "login");
	check(mailimap_create(s, "etpan"), "create");
	check(mailimap_append(s, "etpan", NULL, NULL, text, sizeof(text) - 1), "append");
	clist *found = NULL;
	check(mailimap_list(s, "", "*", &found), "list");
	check(count(found) < 2, "mailboxes");
	mailimap_list_result_free(found);
	check(mailimap_select(s, "etpan"), "select");
	check(s->imap_selection_info->sel_exists != 1, "EXISTS");
	struct mailimap_search_key *key = mailimap_search_key_new_subject(strdup("from c"));
	check(mailimap_uid_search(s, "UTF-8", key, &found), "search");
	check(count(found) != 1, "one hit");
	uint32_t uid = *(uint32_t *)clist_content(clist_begin(found));
	mailimap_search_result_free(found);
	mailimap_search_key_free(key);

	struct mailimap_set *set = mailimap_set_new_single(uid);
	struct mailimap_fetch_type *what = mailimap_fetch_type_new_fetch_att_list_empty();
	mailimap_fetch_type_new_fetch_att_list_add(what, mailimap_fetch_att_new_envelope());
	mailimap_fetch_type_new_fetch_att_list_add(what, mailimap_fetch_att_new_bodystructure());
	mailimap_fetch_type_new_fetch_att_list_add(what, mailimap_fetch_att_new_flags());
	mailimap_fetch_type_new_fetch_att_list_add(what, mailimap_fetch_att_new_rfc822_size());
	mailimap_fetch_type_new_fetch_att_list_add(
		what, mailimap_fetch_att_new_body_peek_section(mailimap_section_new(NULL)));
	check(mailimap_uid_fetch(s, set, what, &found), "fetch");
	check(count(found) != 1, "one message");
	struct mailimap_msg_att *got = clist_content(clist_begin(found));
	size_t whole = 0;
	for (clistiter *i = clist_begin(got->att_list); i; i = clist_next(i)) {
		struct mailimap_msg_att_item *item = clist_content(i);
		if (item->att_type != MAILIMAP_MSG_ATT_ITEM_STATIC)
			continue;
		struct mailimap_msg_att_static *part = item->att_data.att_static;
		if (part->att_type == MAILIMAP_MSG_ATT_BODY_SECTION)
			whole = part->att_data.att_body_section->sec_length;
		if (part->att_type == MAILIMAP_MSG_ATT_ENVELOPE)
			check(strcmp(part->att_data.att_env->env_subject, "from C"), "ENVELOPE");
	}
	check(whole != sizeof(text) - 1, "length of BODY[]");
	mailimap_fetch_list_free(found);
	mailimap_fetch_type_free(what);

	struct mailimap_flag_list *flags = mailimap_flag_list_new_empty();
	mailimap_flag_list_add(flags, mailimap_flag_new_deleted());
	struct mailimap_store_att_flags *change = mailimap_store_att_flags_new_add_flags(flags);
	check(mailimap_uid_copy(s, set, "INBOX"), "copy");
	check(mailimap_uid_store(s, set, change), "store");
	mailimap_store_att_flags_free(change);
	check(mailimap_expunge(s), "expunge");
	check(mailimap_close(s), "close");
	check(mailimap_delete(s, "etpan"), "delete");
	mailimap_set_free(set);
	e = mailimap_logout(s);
	check(e != MAILIMAP_NO_ERROR && e != MAILIMAP_ERROR_STREAM, "logout");
	mailimap_free(s);
}

static void pop3(uint16_t port, const char *user, const char *password)
{
	mailpop3 *s = mailpop3_new(0, NULL);
	check(mailpop3_ssl_connect(s, "localhost", port), "POP3: connect");
	clist *capabilities = NULL;
	check(mailpop3_capa(s, &capabilities), "CAPA");
	check(count(capabilities) < 5, "capabilities");
	mailpop3_capa_resp_free(capabilities);
	check(mailpop3_user(s, user), "USER");
	check(mailpop3_pass(s, password), "PASS");
	carray *list = NULL;
	check(mailpop3_list(s, &list), "LIST and UIDL");
	check(carray_count(list) != 1, "one message");
	struct mailpop3_msg_info *info = carray_get(list, 0);
	check(info->msg_size != sizeof(text) - 1, "its size");
	check(!info->msg_uidl || !*info->msg_uidl, "its unique-id");
	char *got = NULL;
	size_t length = 0;
	check(mailpop3_retr(s, 1, &got, &length), "RETR");
	check(!strstr(got, "\n.\r\nthe last"), "dots");
	mailpop3_retr_free(got);
	check(mailpop3_top(s, 1, 1, &got, &length), "TOP");
	check(!strstr(got, "a line") || strstr(got, "the last"), "one line of its text");
	mailpop3_top_free(got);
	check(mailpop3_dele(s, 1), "DELE");
	check(mailpop3_quit(s), "QUIT");
	mailpop3_free(s);
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	imap((uint16_t)atoi(argv[1]), argv[3], argv[4]);
	pop3((uint16_t)atoi(argv[2]), argv[3], argv[4]);
	puts("all well");
	return 0;
}
