#include "tests/unit/sinks/mail_check.h"

#include "sinks/mail_message.h"

static const char *const to[] = {"ops@example.com", "security@example.com"};
static const char *const thread[] = {"inc_1@example.com", "ntf_1.1@example.com"};

static struct mail
some_mail(void)
{
	return (struct mail){
		.from_name = "Driftbell",
		.from = "driftbell@example.com",
		.to = to,
		.to_count = 2,
		.subject = "Image revoked: base-ubuntu-2204 v3",
		.date_ms = INT64_C(1795287600000),
		.message_id = "ntf_1.2@example.com",
		.references = thread,
		.reference_count = 2,
		.list_name = "Driftbell alerts",
		.list_id = "driftbell.example.com",
		.text = "revoked\n",
	};
}

static char *
built(const struct mail *mail)
{
	struct buf out = {0};

	mail_build(mail, &out);
	assert_true(out.len <= MAIL_SIZE_MAX);
	assert_wire(out.data, out.len);
	assert_int_equal(strlen(out.data), out.len);
	assert_string_equal(out.data + out.len - 2, "\r\n");
	return buf_take(&out);
}

static void
a_text_alone(void **state)
{
	(void)state;
	static const struct mail_header extra[] = {
		{"X-Driftbell-Kind", "image.revocation"}, {"X-Driftbell-Team", NULL}, {NULL, NULL}};
	struct mail mail = some_mail();
	mail.extra = extra;
	mail.reply_to = "people@example.com";
	char *got = built(&mail);

	assert_string_equal(got, "Date: Sat, 21 Nov 2026 19:00:00 +0000\r\n"
	                         "From: Driftbell <driftbell@example.com>\r\n"
	                         "Reply-To: people@example.com\r\n"
	                         "To: ops@example.com, security@example.com\r\n"
	                         "Subject: Image revoked: base-ubuntu-2204 v3\r\n"
	                         "Message-ID: <ntf_1.2@example.com>\r\n"
	                         "In-Reply-To: <ntf_1.1@example.com>\r\n"
	                         "References: <inc_1@example.com> <ntf_1.1@example.com>\r\n"
	                         "Auto-Submitted: auto-generated\r\n"
	                         "X-Auto-Response-Suppress: All\r\n"
	                         "Precedence: bulk\r\n"
	                         "List-Id: Driftbell alerts <driftbell.example.com>\r\n"
	                         "X-Driftbell-Kind: image.revocation\r\n"
	                         "MIME-Version: 1.0\r\n"
	                         "Content-Type: text/plain; charset=utf-8\r\n"
	                         "Content-Transfer-Encoding: quoted-printable\r\n"
	                         "\r\n"
	                         "revoked\r\n"
	                         "\r\n");
	free(got);
}

static void
text_comes_before_html(void **state)
{
	(void)state;
	struct mail mail = some_mail();
	mail.html = "<p style=\"x\">revoked</p>";
	char *got = built(&mail), *type = header_of(got, "Content-Type");

	assert_int_equal(strncmp(type, "multipart/alternative; boundary=\"=_driftbell_", 45), 0);
	char *boundary = mem_strn(strchr(type, '"') + 1, strlen(strchr(type, '"')) - 2);
	char *expected = mem_fmt("\r\n\r\n--%s\r\n"
	                         "Content-Type: text/plain; charset=utf-8\r\n"
	                         "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	                         "revoked\r\n\r\n"
	                         "--%s\r\n"
	                         "Content-Type: text/html; charset=utf-8\r\n"
	                         "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	                         "<p style=3D\"x\">revoked</p>\r\n"
	                         "--%s--\r\n",
	                         boundary, boundary, boundary);
	assert_string_equal(strstr(got, "\r\n\r\n"), expected);
	free(expected);
	free(boundary);
	free(type);
	free(got);
}

static void
the_same_input_is_the_same_mail(void **state)
{
	(void)state;
	struct mail mail = some_mail();
	mail.html = "<p>x</p>";
	char *one = built(&mail), *two = built(&mail);
	mail.message_id = "ntf_1.3@example.com";
	char *other = built(&mail);
	char *type = header_of(one, "Content-Type"), *other_type = header_of(other, "Content-Type");

	assert_string_equal(one, two);
	assert_string_not_equal(type, other_type);
	free(one);
	free(two);
	free(other);
	free(type);
	free(other_type);
}

static void
the_root_stays_when_the_thread_is_long(void **state)
{
	(void)state;
	const char *ids[30];
	char *made[30];
	struct mail mail = some_mail();

	for (int i = 0; i < 30; i++)
		ids[i] = made[i] = mem_fmt("id%d@example.com", i);
	mail.references = ids;
	mail.reference_count = 30;
	char *got = built(&mail);
	assert_header(got, "In-Reply-To", "<id29@example.com>");
	assert_header(got, "References",
	              "<id0@example.com> <id21@example.com> <id22@example.com> <id23@example.com> "
	              "<id24@example.com> <id25@example.com> <id26@example.com> "
	              "<id27@example.com> <id28@example.com> <id29@example.com>");
	free(got);
	mail.reference_count = 0;
	got = built(&mail);
	assert_header(got, "In-Reply-To", NULL);
	assert_header(got, "References", NULL);
	free(got);
	for (int i = 0; i < 30; i++)
		free(made[i]);
}

static void
html_goes_before_the_text_is_touched(void **state)
{
	(void)state;
	char *line = repeated("0123456789", 5), *lined = mem_fmt("%s\n", line);
	char *text = repeated(lined, 2000), *html = repeated("<p>x</p>\n", 20000);
	struct mail mail = some_mail();
	mail.text = text;
	mail.html = html;
	char *got = built(&mail);

	assert_header(got, "Content-Type", "text/plain; charset=utf-8");
	assert_null(strstr(got, "<p>"));
	assert_null(strstr(got, "did not fit"));
	mail.html = "<p>y</p>";
	char *both = built(&mail);
	assert_non_null(strstr(both, "<p>y</p>"));
	free(both);
	free(got);
	free(html);
	free(text);
	free(lined);
	free(line);
}

static void
a_text_too_long_ends_with_a_line_and_says_so(void **state)
{
	(void)state;
	char *text = repeated("0123456789 0123456789\n", 1 << 16);
	struct mail mail = some_mail();
	mail.text = text;
	char *got = built(&mail);
	static const char end[] =
		"\r\n0123456789 0123456789\r\n[The rest did not fit into a mail.]\r\n\r\n";

	assert_true(strlen(got) > MAIL_SIZE_MAX - 4096);
	assert_string_equal(got + strlen(got) - strlen(end), end);
	free(got);
	free(text);
}

static void
a_megabyte_everywhere_is_still_a_mail(void **state)
{
	(void)state;
	static const char *const pieces[] = {"x",    "\xf0\x9f\x94\xa5", " ", "\n", "\r", "=?",
	                                     "\xff", "\xe2\x80\xae"};

	for (size_t i = 0; i < COUNT(pieces); i++) {
		char *huge = repeated(pieces[i], (1 << 20) / strlen(pieces[i]));
		const struct mail_header extra[] = {
			{"X-Driftbell-Kind", huge}, {"X-Driftbell-Team", huge}, {NULL, NULL}};
		struct mail mail = some_mail();
		mail.from_name = mail.subject = mail.text = mail.html = mail.list_name = huge;
		mail.extra = extra;
		free(built(&mail));
		free(huge);
	}
}

/* Whatever is put into it: the same headers, and each value in its own. */
static void
no_input_makes_or_ends_a_header(void **state)
{
	(void)state;
	uint32_t seed = 5322;
	struct mail plain = some_mail();
	const struct mail_header two[] = {
		{"X-Driftbell-Kind", "a"}, {"X-Driftbell-Team", "b"}, {NULL, NULL}};
	plain.extra = two;
	char *simple = built(&plain);
	size_t count = count_headers(simple);

	for (int round = 0; round < 3000; round++) {
		char *texts[6];
		for (size_t i = 0; i < COUNT(texts); i++)
			texts[i] = hostile_text(&seed, 30);
		const struct mail_header extra[] = {{"X-Driftbell-Kind", texts[0]},
		                                    {"X-Driftbell-Team", texts[1]},
		                                    {NULL, NULL}};
		struct mail mail = some_mail();
		mail.from_name = texts[2];
		mail.subject = texts[3];
		mail.text = texts[4];
		mail.html = round % 2 ? texts[5] : NULL;
		mail.extra = extra;
		char *got = built(&mail);
		/* The type of a mail with two parts has no encoding of its own. */
		assert_int_equal(count_headers(got), count - (mail.html ? 1 : 0));
		assert_header(got, "Bcc", NULL);
		assert_header(got, "To", "ops@example.com, security@example.com");
		*strstr(got, "\r\n\r\n") = '\0';
		assert_true(longest_line(got) <= 78);
		free(got);
		for (size_t i = 0; i < COUNT(texts); i++)
			free(texts[i]);
	}
	free(simple);
}

static void
it_is_appended(void **state)
{
	(void)state;
	struct mail mail = some_mail();
	struct buf out = {0};
	char *alone = built(&mail);

	buf_puts(&out, "before");
	mail_build(&mail, &out);
	assert_string_equal(out.data + strlen("before"), alone);
	buf_fini(&out);
	free(alone);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_alone),
		cmocka_unit_test(text_comes_before_html),
		cmocka_unit_test(the_same_input_is_the_same_mail),
		cmocka_unit_test(the_root_stays_when_the_thread_is_long),
		cmocka_unit_test(html_goes_before_the_text_is_touched),
		cmocka_unit_test(a_text_too_long_ends_with_a_line_and_says_so),
		cmocka_unit_test(a_megabyte_everywhere_is_still_a_mail),
		cmocka_unit_test(no_input_makes_or_ends_a_header),
		cmocka_unit_test(it_is_appended),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
