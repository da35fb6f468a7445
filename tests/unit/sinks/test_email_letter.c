/* A notification document as a mail, and the thread it goes to. */
#include "tests/unit/sinks/email_rig.h"

static const char *
mail_of(struct rig *rig, const struct message *message)
{
	rig_send(rig, message);
	answer_sent(last_helper(rig));
	return last_mail(rig);
}

static void
set(struct rig *rig, const char *object, const char *key, const char *value)
{
	json_t *in = object ? json_object_get(rig->document, object) : rig->document;

	json_object_set_new(in, key, value ? json_string(value) : json_null());
}

static void
the_first_mail_opens_a_thread(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);
	const char *mail = mail_of(rig, &message);

	assert_header(mail, "Subject", "Image revoked: base v3");
	assert_header(mail, "From", "Driftbell <driftbell@example.com>");
	assert_header(mail, "To", "ops@example.com, security@example.com, audit@example.com");
	assert_header(mail, "Date", "Sat, 21 Nov 2026 19:00:00 +0000");
	assert_header(mail, "Message-ID", "<ntf_01.1@example.com>");
	assert_header(mail, "In-Reply-To", "<inc_01@example.com>");
	assert_header(mail, "References", "<inc_01@example.com>");
	assert_header(mail, "Auto-Submitted", "auto-generated");
	assert_header(mail, "List-Id", "Driftbell alerts <driftbell.example.com>");
	assert_header(mail, "X-Driftbell-Kind", "image.revocation");
	assert_header(mail, "X-Driftbell-Severity", "critical");
	assert_header(mail, "X-Driftbell-Status", "open");
	assert_header(mail, "X-Driftbell-Incident", "inc_01");
	assert_header(mail, "X-Driftbell-Team", "payments");
	assert_header(mail, "X-Driftbell-Reason", "opened");
	assert_header(mail, "Importance", "high");
	assert_header(mail, "X-Priority", "1 (Highest)");
	assert_non_null(strstr(mail, "\r\nrevoked\r\n"));
	assert_non_null(strstr(mail, "<p>revoked</p>"));
	assert_int_equal(rig->templates.now_ms, INT64_C(1795287600000));
}

static void
later_mails_stay_in_it_under_its_subject(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);

	mail_of(rig, &message);
	for (int revision = 2; revision <= 14; revision++) {
		json_t *reference = json_deep_copy(rig->reference);
		message.revision = revision;
		message.reference = reference;
		rig->templates.line = "Resolved: another subject";
		const char *mail = mail_of(rig, &message);
		char *id = mem_fmt("<ntf_01.%d@example.com>", revision - 1);
		char *references = header_of(mail, "References");
		assert_header(mail, "Subject", "Image revoked: base v3");
		assert_header(mail, "In-Reply-To", id);
		assert_int_equal(strncmp(references, "<inc_01@example.com> ", 21), 0);
		assert_string_equal(references + strlen(references) - strlen(id), id);
		size_t count = 0;
		for (const char *c = references; (c = strchr(c, '<')); c++)
			count++;
		assert_int_equal(count,
		                 revision <= MAIL_REFERENCES_MAX ? revision : MAIL_REFERENCES_MAX);
		free(references);
		free(id);
		json_decref(reference);
	}
}

static void
a_reference_that_is_none_does_no_harm(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);
	json_t *reference = json_pack("{s:s, s:[s, s, i, s, s, s]}", "subject", "a\r\nBcc: x",
	                              "message_ids", "x>\r\nBcc: <y@example.org", "no-at", 7, "",
	                              "a b@example.org", "fine@example.org");
	message.reference = reference;
	const char *mail = mail_of(rig, &message);

	assert_header(mail, "References", "<fine@example.org>");
	assert_header(mail, "Subject", "a Bcc: x");
	assert_header(mail, "Bcc", NULL);
	json_decref(reference);

	message.reference = reference = json_pack("[s]", "what");
	assert_header(mail_of(rig, &message), "References", "<inc_01@example.com>");
	json_decref(reference);
}

static void
ids_can_only_be_ids(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);

	message.id = "x>\r\nBcc: y.z";
	set(rig, "incident", "id", "inc 1>\r\n..@\xc3\xbc");
	const char *mail = mail_of(rig, &message);
	assert_header(mail, "Message-ID", "<x---Bcc--y-z.1@example.com>");
	assert_header(mail, "References", "<inc-1--------@example.com>");
	json_object_del(rig->document, "incident");
	message.id = "ntf_02";
	assert_header(mail_of(rig, &message), "References", "<ntf_02@example.com>");
}

static void
only_what_is_open_and_critical_is_urgent(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);

	set(rig, "incident", "status", "resolved");
	assert_header(mail_of(rig, &message), "Importance", NULL);
	set(rig, "incident", "status", "open");
	set(rig, "incident", "severity", "warning");
	assert_header(mail_of(rig, &message), "Importance", NULL);
	assert_header(last_mail(rig), "X-Priority", NULL);
}

static void
the_date_is_the_documents_but_for_a_reminder(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);

	set(rig, NULL, "reason", "reminder");
	assert_header(mail_of(rig, &message), "Date", "Sat, 21 Nov 2026 20:00:00 +0000");
	set(rig, NULL, "reason", "changed");
	assert_header(mail_of(rig, &message), "Date", "Sat, 21 Nov 2026 19:00:00 +0000");
	set(rig, "incident", "updated_at", NULL);
	assert_header(mail_of(rig, &message), "Date", "Sat, 21 Nov 2026 20:00:00 +0000");
}

static void
a_drill_says_so(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);

	set(rig, NULL, "reason", "drill");
	assert_header(mail_of(rig, &message), "Subject", "Drill: Image revoked: base v3");
	assert_header(last_mail(rig), "Importance", NULL);
	rig->templates.line = "[DRILL] Image revoked";
	assert_header(mail_of(rig, &message), "Subject", "[DRILL] Image revoked");
	rig->templates.txt = NULL;
	assert_non_null(strstr(mail_of(rig, &message), "This is a drill."));
}

static void
the_plain_form_has_no_html(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);

	message.plain = true;
	rig->templates.html_fails = true; /* not even asked */
	const char *mail = mail_of(rig, &message);
	assert_header(mail, "Content-Type", "text/plain; charset=utf-8");
	assert_null(rig->fault);
	message.plain = false;
	rig->templates = (struct templates){.line = "x", .txt = "y"};
	assert_header(mail_of(rig, &message), "Content-Type", "text/plain; charset=utf-8");
	assert_null(rig->fault);
}

static void
assert_built_in(struct rig *rig, const char *fault)
{
	struct message message = rig_message(rig);
	const char *mail = mail_of(rig, &message);

	assert_header(mail, "Subject", "Image revoked: base v3");
	assert_header(mail, "Content-Type", "text/plain; charset=utf-8");
	assert_string_equal(strstr(mail, "\r\n\r\n"),
	                    "\r\n\r\nImage revoked: base v3\r\n\r\n"
	                    "jane.doe@example.com revoked base v3.\r\n\r\n"
	                    "https://relay.example.com/incidents/inc_01\r\n\r\n");
	if (fault)
		assert_string_equal(rig->fault, fault);
	else
		assert_null(rig->fault);
	assert_int_equal(rig->outcome, OUTCOME_SENT);
}

static void
a_template_that_fails_is_told_and_the_built_in_text_goes(void **state)
{
	struct rig *rig = *state;

	rig->templates = (struct templates){.txt = "t", .html = "h"};
	assert_built_in(rig, "notification.line: it broke");
	rig->templates = (struct templates){.line = "l", .html = "h"};
	assert_built_in(rig, "notification.txt: it broke");
	rig->templates =
		(struct templates){.line = "l", .txt = "t", .html = "h", .html_fails = true};
	assert_built_in(rig, "notification.html: it broke");
	rig->env.templates = NULL;
	assert_built_in(rig, NULL);
}

static void
a_document_of_nothing_is_still_a_mail(void **state)
{
	struct rig *rig = *state;
	json_t *nothing = json_object();
	struct message message = rig_message(rig);

	message.document = nothing;
	rig->env.templates = NULL;
	assert_header(mail_of(rig, &message), "Subject", "Driftbell");
	assert_header(last_mail(rig), "X-Driftbell-Kind", NULL);
	json_decref(nothing);
}

static void
a_subject_is_one_line_and_not_too_long(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);
	char *huge = repeated("word ", 1 << 18);

	rig->templates.line = "  a\r\nBcc: x\t\ty \n";
	assert_header(mail_of(rig, &message), "Subject", "a Bcc: x y");
	rig->templates.line = huge;
	char *subject;
	subject = header_of(mail_of(rig, &message), "Subject");
	assert_true(strlen(subject) <= 200);
	assert_string_equal(json_text_at(rig->reference, "subject"), subject);
	free(subject);
	free(huge);
}

static void
hostile_words_stay_in_their_place(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);
	uint32_t seed = 2047;
	size_t count = count_headers(mail_of(rig, &message));

	for (int round = 0; round < 500; round++) {
		char *texts[6];
		for (size_t i = 0; i < COUNT(texts); i++)
			texts[i] = hostile_text(&seed, 20);
		forget_helpers(rig);
		rig->templates = (struct templates){texts[0], texts[1], texts[2], false, 0};
		/* jansson takes UTF-8 alone. */
		json_object_set_new(rig->document, "team", json_stringn_nocheck("\r\nBcc: x", 8));
		set(rig, "incident", "kind", "=?UTF-8?Q?x?=\xe2\x80\xae");
		rig_send(rig, &message);
		const char *mail = last_mail(rig);
		assert_wire(mail, strlen(mail));
		assert_int_equal(count_headers(mail), count + (strstr(mail, "multipart/") ? 0 : 1));
		assert_header(mail, "Bcc", NULL);
		answer_sent(last_helper(rig));
		for (size_t i = 0; i < COUNT(texts); i++)
			free(texts[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(the_first_mail_opens_a_thread),
		RIG_TEST(later_mails_stay_in_it_under_its_subject),
		RIG_TEST(a_reference_that_is_none_does_no_harm),
		RIG_TEST(ids_can_only_be_ids),
		RIG_TEST(only_what_is_open_and_critical_is_urgent),
		RIG_TEST(the_date_is_the_documents_but_for_a_reminder),
		RIG_TEST(a_drill_says_so),
		RIG_TEST(the_plain_form_has_no_html),
		RIG_TEST(a_template_that_fails_is_told_and_the_built_in_text_goes),
		RIG_TEST(a_document_of_nothing_is_still_a_mail),
		RIG_TEST(a_subject_is_one_line_and_not_too_long),
		RIG_TEST(hostile_words_stay_in_their_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
