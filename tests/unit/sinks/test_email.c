/* What goes in one session, and what becomes of each delivery. */
#include "tests/unit/sinks/email_rig.h"

static void
one_mail_goes_to_the_whole_list(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);

	rig_send(rig, &message);
	const struct mail_job *job = &last_helper(rig)->job;
	assert_string_equal(job->host, "smtp.example.com");
	assert_int_equal(job->port, 587);
	assert_int_equal(job->security, MAIL_STARTTLS);
	assert_string_equal(job->hello, "example.com");
	assert_string_equal(job->sender, "driftbell@example.com");
	assert_null(job->username);
	assert_int_equal(job->letter_count, 1);
	assert_int_equal(job->letters[0].to_count, 3);
	assert_string_equal(job->letters[0].to[1], "security@example.com");
	answer_sent(last_helper(rig));
	assert_int_equal(rig->done, 1);
	assert_int_equal(rig->outcome, OUTCOME_SENT);
	assert_int_equal(rig->code, 250);
	assert_string_equal(rig->text, "250 2.0.0 Ok");
	assert_false(rig->unheard);
	assert_null(rig->fault);
	assert_recipients(rig, "ops sent, security sent, audit sent");
}

static void
the_options_reach_the_helper(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);
	char *password = "correct horse";

	rig_close(rig);
	rig->options.server = "[::1]:465";
	rig->options.security = MAIL_TLS;
	rig->options.auth = MAIL_AUTH_XOAUTH2;
	rig->options.tls_min = 1;
	rig->options.username = "relay";
	rig->options.password = (struct secret){&password, 1, NULL};
	rig->options.ca_file = "/etc/ssl/ca.pem";
	rig->options.sender = "bounces@example.com";
	rig->options.hello = "relay.example.com";
	rig_open(rig);
	rig_send(rig, &message);
	const struct mail_job *job = &last_helper(rig)->job;
	assert_string_equal(job->host, "::1");
	assert_int_equal(job->port, 465);
	assert_int_equal(job->security, MAIL_TLS);
	assert_int_equal(job->auth, MAIL_AUTH_XOAUTH2);
	assert_true(job->tls13);
	assert_string_equal(job->username, "relay");
	assert_string_equal(job->password, "correct horse");
	assert_string_equal(job->ca_file, "/etc/ssl/ca.pem");
	assert_string_equal(job->sender, "bounces@example.com");
	assert_string_equal(job->hello, "relay.example.com");
}

static void
what_comes_meanwhile_goes_together(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);

	for (int i = 0; i < 1 + MAIL_BATCH_MAX + 3; i++) {
		message.revision = i + 1;
		rig_send(rig, &message);
	}
	assert_int_equal(rig->helpers.count, 1); /* one session at a time */
	answer_sent(&rig->helpers.started[0]);
	assert_int_equal(rig->done, 1);
	assert_int_equal(rig->helpers.count, 2);
	const struct mail_job *second = &rig->helpers.started[1].job;
	assert_int_equal(second->letter_count, MAIL_BATCH_MAX);
	assert_header(second->letters[0].data, "Message-ID", "<ntf_01.2@example.com>");
	answer_sent(&rig->helpers.started[1]);
	assert_int_equal(rig->done, 1 + MAIL_BATCH_MAX);
	assert_int_equal(rig->helpers.started[2].job.letter_count, 3);
	answer_sent(&rig->helpers.started[2]);
	assert_int_equal(rig->done, 1 + MAIL_BATCH_MAX + 3);
	assert_int_equal(rig->helpers.count, 3);
	rig_send(rig, &message); /* and from the beginning */
	assert_int_equal(rig->helpers.count, 4);
}

static void
each_delivery_of_a_batch_has_its_own_outcome(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);

	rig_send(rig, &message);
	rig_send(rig, &message);
	rig_send(rig, &message);
	answer_sent(last_helper(rig));
	struct mail_result result = all_sent(last_helper(rig));
	mail_fate_set(&result.fates[1][2], OUTCOME_RETRY, 451, "451 4.7.1 Greylisted");
	answer_with(last_helper(rig), &result);
	mail_result_fini(&result);
	/* The second of the two is the one told last. */
	assert_int_equal(rig->done, 3);
	assert_int_equal(rig->outcome, OUTCOME_RETRY);
	assert_recipients(rig, "ops sent, security sent, audit retry");
}

static void
a_retry_goes_only_to_those_owed(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);

	rig_send(rig, &message);
	struct mail_result result = all_sent(last_helper(rig));
	mail_fate_set(&result.fates[0][1], OUTCOME_RETRY, 451, "451 4.7.1 Greylisted");
	mail_fate_set(&result.fates[0][2], OUTCOME_REJECTED, 550, "550 5.1.1 No such user");
	answer_with(last_helper(rig), &result);
	mail_result_fini(&result);
	assert_int_equal(rig->outcome, OUTCOME_RETRY);
	assert_int_equal(rig->code, 550); /* of the worst */
	assert_string_equal(rig->text, "audit@example.com: 550 5.1.1 No such user");
	assert_recipients(rig, "ops sent, security retry, audit rejected");
	char *first = mem_str(last_mail(rig));

	json_t *before = json_deep_copy(rig->recipients);
	json_t *reference = json_deep_copy(rig->reference);
	message.recipients = before;
	message.reference = reference;
	message.attempt_at_ms += 5000;
	rig_send(rig, &message);
	json_decref(before); /* borrowed no longer than send */
	json_decref(reference);
	const struct mail_letter *letter = &last_helper(rig)->job.letters[0];
	assert_int_equal(letter->to_count, 1);
	assert_string_equal(letter->to[0], "security@example.com");
	assert_string_equal(letter->data, first); /* the same mail */
	answer_sent(last_helper(rig));
	assert_int_equal(rig->outcome, OUTCOME_REJECTED); /* somebody refused it for good */
	assert_int_equal(rig->code, 550);
	assert_string_equal(rig->text, "audit@example.com: 550 5.1.1 No such user");
	assert_recipients(rig, "ops sent, security sent, audit rejected");
	free(first);
}

static void
stop_loop(struct rig *rig)
{
	loop_stop(rig->helpers.loop);
}

static void
close_and_stop(struct rig *rig)
{
	rig_close(rig);
	stop_loop(rig);
}

/* The list lost the one that was owed: nobody gets it a second time for that. */
static void
with_nobody_owed_any_more_no_mail_goes(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);
	json_t *some =
		json_pack("[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}, {s:s, s:s}]", "address",
	                  "OPS@example.com", "state", "sent", "address", "security@example.com",
	                  "state", "rejected", "address", "gone@example.com", "state", "retry",
	                  "address", "audit@example.com", "state", "sent");

	message.recipients = some;
	rig->then = stop_loop;
	rig_send(rig, &message);
	loop_run(rig->helpers.loop);
	assert_int_equal(rig->outcome, OUTCOME_REJECTED);
	assert_recipients(rig, "OPS sent, security rejected, audit sent");

	json_object_set_new(json_array_get(some, 1), "state", json_string("sent"));
	rig_send(rig, &message);
	rig_send(rig, &message);
	loop_run(rig->helpers.loop);
	assert_int_equal(rig->done, 3);
	assert_int_equal(rig->outcome, OUTCOME_SENT);
	assert_false(rig->unheard);

	rig->then = close_and_stop;
	rig_send(rig, &message);
	loop_run(rig->helpers.loop);
	assert_null(rig->sink);
	rig_open(rig);
	rig_send(rig, &message); /* and not at all when it is closed before */
	rig_close(rig);
	assert_int_equal(rig->done, 4);
	assert_int_equal(rig->helpers.count, 0);
	json_decref(some);
}

/* One full mailbox is not a destination that fails. */
static void
a_retry_says_whether_others_were_served(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);

	for (int served = 0; served < 2; served++) {
		rig_send(rig, &message);
		struct mail_result result = all_sent(last_helper(rig));
		for (size_t i = served ? 2 : 0; i < 3; i++)
			mail_fate_set(&result.fates[0][i], OUTCOME_RETRY, 452, "452 4.2.2 Full");
		answer_with(last_helper(rig), &result);
		mail_result_fini(&result);
		assert_int_equal(rig->outcome, OUTCOME_RETRY);
		assert_int_equal(rig->serves, served);
	}
}

static void
content_refused_is_followed_by_the_plain_form(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);

	for (int plain = 0; plain < 2; plain++) {
		json_t *before = rig->recipients ? json_deep_copy(rig->recipients) : NULL;
		message.plain = plain;
		message.recipients = before;
		rig_send(rig, &message);
		json_decref(before);
		assert_int_equal(strstr(last_mail(rig), "text/html") == NULL, plain);
		assert_int_equal(last_helper(rig)->job.letters[0].to_count, plain ? 2 : 3);
		struct mail_result result = all_sent(last_helper(rig));
		size_t others = result.to_counts[0] - 2;
		for (size_t i = others; i < result.to_counts[0]; i++) {
			mail_fate_set(&result.fates[0][i], OUTCOME_REJECTED, 554,
			              "554 5.6.0 Content refused");
			result.fates[0][i].content = true;
		}
		answer_with(last_helper(rig), &result);
		mail_result_fini(&result);
		assert_int_equal(rig->outcome, OUTCOME_REJECTED);
		assert_int_equal(rig->code, 554);
		assert_recipients(rig, plain ? "ops sent, security rejected, audit rejected"
		                             : "ops sent, security retry, audit retry");
	}
}

static void
blocked_leaves_the_recipients_as_they_were(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);
	json_t *before =
		json_pack("[{s:s, s:s}, {s:s, s:s, s:i, s:s}]", "address", "ops@example.com",
	                  "state", "sent", "address", "security@example.com", "state", "retry",
	                  "code", 451, "text", "451 later");
	message.recipients = before;
	rig_send(rig, &message);
	answer_stopped(last_helper(rig), OUTCOME_BLOCKED, 535, "535 5.7.8 Authentication failed");
	assert_int_equal(rig->outcome, OUTCOME_BLOCKED);
	assert_int_equal(rig->code, 535);
	assert_recipients(rig, "ops sent, security retry, audit retry");
	assert_int_equal(json_int_at(rig->recipients, "1.code", 0), 451);
	json_decref(before);
}

/* A password refused once is not tried again by those that wait. */
static void
those_that_wait_share_what_stopped_the_session(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);

	for (int i = 0; i < 5; i++)
		rig_send(rig, &message);
	answer_stopped(last_helper(rig), OUTCOME_BLOCKED, 0, "the certificate is not trusted");
	assert_int_equal(rig->done, 5);
	assert_int_equal(rig->helpers.count, 1);
	assert_int_equal(rig->outcome, OUTCOME_BLOCKED);
	assert_string_equal(rig->text, "the certificate is not trusted");
	rig_send(rig, &message); /* the probe */
	assert_int_equal(rig->helpers.count, 2);
	answer_stopped(last_helper(rig), OUTCOME_RETRY, 0, "connection refused");
	assert_int_equal(rig->outcome, OUTCOME_RETRY);
	assert_false(rig->unheard);
	assert_null(rig->reference);
}

static void
a_helper_that_fails_means_later(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);
	static const struct {
		enum helper_end end;
		bool unheard;
	} cases[] = {{HELPER_LATE, true}, {HELPER_DIED, true}, {HELPER_UNBORN, false}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		rig_send(rig, &message);
		answer_ended(last_helper(rig), cases[i].end, "what happened");
		assert_int_equal(rig->outcome, OUTCOME_RETRY);
		assert_int_equal(rig->unheard, cases[i].unheard);
		assert_int_equal(rig->reference != NULL, cases[i].unheard);
		assert_string_equal(rig->text, "what happened");
		assert_recipients(rig, "ops retry, security retry, audit retry");
	}
	rig_send(rig, &message);
	struct helper *helper = last_helper(rig);
	helper->over = true;
	helper->done(&(struct helper_answer){HELPER_ANSWERED, "{}", 2, NULL, 5}, helper->arg);
	assert_int_equal(rig->outcome, OUTCOME_RETRY);
	assert_true(rig->unheard);
	assert_non_null(strstr(rig->text, "answer"));
}

static void
no_text_repeats_the_password(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);
	char *password = "correct horse";
	static const char *const texts[] = {
		"535 bad password: correct horse",
		"535 cannot read Y29ycmVjdCBob3JzZQ== here",
		"535 AUTH PLAIN AHJlbGF5AGNvcnJlY3QgaG9yc2U= refused",
	};

	rig->options.username = "relay";
	rig->options.password = (struct secret){&password, 1, NULL};
	for (size_t i = 0; i < COUNT(texts); i++) {
		rig_send(rig, &message);
		assert_null(strstr(last_helper(rig)->text, password)); /* base64 in the job */
		answer_stopped(last_helper(rig), OUTCOME_BLOCKED, 535, texts[i]);
		assert_int_equal(rig->code, 535);
		char *all = json_dumps(rig->recipients, 0);
		assert_null(strstr(rig->text, "horse"));
		assert_null(strstr(rig->text, "Y29ycmVjdCBob3JzZQ"));
		assert_null(strstr(rig->text, "AHJlbGF5"));
		assert_null(strstr(all, "535 "));
		free(all);
	}
}

static void
closed_early_it_cancels_and_tells_nothing(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);

	for (int i = 0; i < 3; i++)
		rig_send(rig, &message);
	rig_close(rig);
	assert_true(rig->helpers.started[0].over);
	assert_int_equal(rig->done, 0);
}

static void
close_after(struct rig *rig)
{
	if (rig->done == 3)
		rig_close(rig);
}

static void
send_again(struct rig *rig)
{
	struct message message = rig_message(rig);

	if (rig->done < 3)
		rig_send(rig, &message);
}

static void
done_may_close_the_sink_or_send_more(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);

	rig->then = send_again;
	rig_send(rig, &message);
	for (int i = 0; i < 3; i++)
		answer_sent(last_helper(rig));
	assert_int_equal(rig->done, 3);
	assert_int_equal(rig->helpers.count, 3);

	rig->then = close_after;
	rig->done = 0;
	for (int i = 0; i < 3; i++)
		rig_send(rig, &message);
	answer_sent(last_helper(rig));
	answer_sent(last_helper(rig));
	assert_null(rig->sink);
}

static void
done_may_close_the_sink_of_those_that_waited(void **state)
{
	struct rig *rig = *state;
	struct message message = rig_message(rig);

	rig->then = close_after;
	for (int i = 0; i < 3; i++)
		rig_send(rig, &message);
	answer_stopped(last_helper(rig), OUTCOME_BLOCKED, 0, "no STARTTLS");
	assert_null(rig->sink);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(one_mail_goes_to_the_whole_list),
		RIG_TEST(the_options_reach_the_helper),
		RIG_TEST(what_comes_meanwhile_goes_together),
		RIG_TEST(each_delivery_of_a_batch_has_its_own_outcome),
		RIG_TEST(a_retry_goes_only_to_those_owed),
		RIG_TEST(with_nobody_owed_any_more_no_mail_goes),
		RIG_TEST(a_retry_says_whether_others_were_served),
		RIG_TEST(content_refused_is_followed_by_the_plain_form),
		RIG_TEST(blocked_leaves_the_recipients_as_they_were),
		RIG_TEST(those_that_wait_share_what_stopped_the_session),
		RIG_TEST(a_helper_that_fails_means_later),
		RIG_TEST(no_text_repeats_the_password),
		RIG_TEST(closed_early_it_cancels_and_tells_nothing),
		RIG_TEST(done_may_close_the_sink_or_send_more),
		RIG_TEST(done_may_close_the_sink_of_those_that_waited),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
