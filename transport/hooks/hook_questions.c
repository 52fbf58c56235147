#include "transport/hooks/hook_questions.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "domain/approval.h"
#include "domain/command_copy.h"
#include "transport/hooks/hook_asker.h"
#include "transport/http/http_conn.h"
#include "transport/http/path.h"
#include "transport/ws/admission.h"
#include "wire/common/wire_text.h"

struct hook_questions {
	struct approval approval;
	struct connect_question connect;
	struct hook_endpoint connect_endpoint;
	struct hook_endpoint join_endpoint;
	struct hook_endpoint publish_endpoint;
	struct hook_asker asker;
	struct hook_stats stats; /* of questions only */
};

/* --- commands ------------------------------------------------------------- */

struct command_question {
	struct hook_ask ask;
	struct hook_questions *questions;
	struct command command;
	char texts[];
};

/* NULL: commands like this are not asked about. */
static struct hook_endpoint *
endpoint_for(struct hook_questions *questions, const struct command *command)
{
	struct hook_endpoint *endpoint = NULL;

	switch (command->kind) {
	case COMMAND_BROADCAST:
	case COMMAND_DM:
	case COMMAND_EDIT:
		endpoint = &questions->publish_endpoint;
		break;
	case COMMAND_ROOM_CREATE:
		/* The server enters no room. */
		if (command->flags & COMMAND_OF_SERVER)
			break;
		/* fallthrough */
	case COMMAND_ROOM_JOIN:
		endpoint = &questions->join_endpoint;
		break;
	default:
		break;
	}
	return endpoint != NULL && hook_endpoint_exists(endpoint) ? endpoint
								  : NULL;
}

static struct hook_questions *
questions_of_approval(struct approval *approval)
{
	return LIST_OWNER(approval, struct hook_questions, approval);
}

static bool
approval_concerns(struct approval *approval, const struct command *command)
{
	return endpoint_for(questions_of_approval(approval), command) != NULL;
}

/* Why a command is refused: the hook has denied it, or has not answered. */
static enum chat_error
refusal_of(const struct command *command, bool has_failed)
{
	if (has_failed)
		return CHAT_UNAVAILABLE;
	return command->body.data != NULL ? CHAT_MESSAGE_REFUSED
					  : CHAT_FORBIDDEN;
}

static void
command_decided(struct hook_ask *ask, const struct hook_decision *decision,
    bool has_failed)
{
	struct command_question *question =
	    LIST_OWNER(ask, struct command_question, ask);
	struct approval_handler *handler =
	    question->questions->approval.handler;
	struct command *command = &question->command;
	struct str text =
	    decision->text[0] == '\0' ? STR_ABSENT : str_from(decision->text);

	command->flags |= COMMAND_APPROVED;
	if (decision->message.data != NULL && command->body.data != NULL)
		command->body = decision->message;
	if (handler != NULL)
		handler->ops->decided(handler, command,
		    decision->allows ? CHAT_OK
				     : refusal_of(command, has_failed),
		    text);
	free(question);
}

/* NULL: no memory. */
static struct command_question *
command_question_create(struct hook_questions *questions,
    const struct command *command, const struct member *author, struct str body)
{
	struct command shown = *command;
	struct command_question *question =
	    malloc(sizeof(*question) + command_text_bytes(command));

	if (question == NULL)
		return NULL;
	question->questions = questions;
	question->ask.decided = command_decided;
	command_copy(command, &question->command, question->texts);
	wire_text_init(&question->ask.json);
	shown.body = body;
	hook_put_command(&question->ask.json, &shown, author);
	return question;
}

static enum approval_state
approval_without(struct hook_questions *questions)
{
	struct hook_decision decision;

	hook_asker_decide_without(&questions->asker, &decision);
	return decision.allows ? APPROVAL_IS_GIVEN : APPROVAL_IS_IMPOSSIBLE;
}

static enum approval_state
approval_ask(struct approval *approval, const struct command *command,
    const struct member *author, struct str body)
{
	struct hook_questions *questions = questions_of_approval(approval);
	struct command_question *question =
	    command_question_create(questions, command, author, body);

	if (question == NULL)
		return approval_without(questions);
	if (hook_asker_ask(&questions->asker, &question->ask,
		endpoint_for(questions, command),
		sizeof(*question) + command_text_bytes(command) +
		    question->ask.json.capacity))
		return APPROVAL_IS_AWAITED;
	wire_text_fini(&question->ask.json);
	free(question);
	return approval_without(questions);
}

static const struct approval_ops approval_ops = {
	.concerns = approval_concerns,
	.ask = approval_ask,
};

/* --- clients -------------------------------------------------------------- */

struct client_question {
	struct hook_ask ask;
	struct hook_questions *questions;
	struct candidate *candidate;
	struct principal principal;
	char texts[];
};

static struct hook_questions *
questions_of_connect(struct connect_question *connect)
{
	return LIST_OWNER(connect, struct hook_questions, connect);
}

static void
candidate_decide(struct candidate *candidate, const struct principal *principal,
    const struct hook_decision *decision, bool has_failed)
{
	if (decision->allows) {
		admission_accept(candidate, principal);
		return;
	}
	if (decision->text[0] != '\0')
		candidate->answer = decision->text;
	if (has_failed)
		admission_refuse(candidate, 503, "Hook unavailable\n");
	else
		admission_refuse(candidate, 403, "Refused by the hook\n");
}

static void
client_decided(struct hook_ask *ask, const struct hook_decision *decision,
    bool has_failed)
{
	struct client_question *question =
	    LIST_OWNER(ask, struct client_question, ask);

	candidate_decide(question->candidate, &question->principal, decision,
	    has_failed);
	free(question);
}

/* Texts of a principal are only good for the call. */
static char *
text_keep(struct str *text, char *at)
{
	if (text->data == NULL)
		return at;
	memcpy(at, text->data, text->len);
	text->data = at;
	return at + text->len;
}

static size_t
principal_text_bytes(const struct principal *principal)
{
	return principal->user_id.len + principal->member_id.len +
	       principal->name.len + principal->rooms.len;
}

static void
principal_keep(struct principal *principal, char *at)
{
	at = text_keep(&principal->user_id, at);
	at = text_keep(&principal->member_id, at);
	at = text_keep(&principal->name, at);
	(void)text_keep(&principal->rooms, at);
}

static void
client_describe(struct wire_text *out, const struct candidate *candidate,
    const struct principal *principal)
{
	char address[HOST_ADDRESS_TEXT_SIZE];
	const struct dialect *dialect;
	struct http_request request;
	struct hook_candidate client = {
		.user = principal->user_id,
		.name = principal->name,
		.member_id = principal->member_id,
	};

	http_exchange_request(candidate->exchange, &request);
	dialect = path_dialect(candidate->exchange->listener, request.path);
	host_address_format(&candidate->exchange->client.address, address);
	client.address = str_from(address);
	client.path = request.path;
	client.query = request.query;
	if (dialect != NULL)
		client.dialect = str_from(dialect->name);
	hook_put_candidate(out, &client);
}

/* NULL: no memory. */
static struct client_question *
client_question_create(struct hook_questions *questions,
    struct candidate *candidate, const struct principal *principal)
{
	struct client_question *question =
	    malloc(sizeof(*question) + principal_text_bytes(principal));

	if (question == NULL)
		return NULL;
	question->questions = questions;
	question->ask.decided = client_decided;
	question->candidate = candidate;
	question->principal = *principal;
	principal_keep(&question->principal, question->texts);
	wire_text_init(&question->ask.json);
	client_describe(&question->ask.json, candidate, principal);
	return question;
}

static void
connect_ask(struct connect_question *connect, struct candidate *candidate,
    const struct principal *principal)
{
	struct hook_questions *questions = questions_of_connect(connect);
	struct client_question *question =
	    client_question_create(questions, candidate, principal);
	struct hook_decision decision;

	if (question != NULL) {
		if (hook_asker_ask(&questions->asker, &question->ask,
			&questions->connect_endpoint,
			sizeof(*question) + question->ask.json.capacity))
			return;
		wire_text_fini(&question->ask.json);
		free(question);
	}
	hook_asker_decide_without(&questions->asker, &decision);
	candidate_decide(candidate, principal, &decision, true);
}

/* NULL: it is not in this list. */
static struct client_question *
client_question_find(const struct list *list, const struct candidate *candidate)
{
	for (struct list *at = list->next; at != list; at = at->next) {
		struct hook_ask *ask = LIST_OWNER(at, struct hook_ask, link);
		struct client_question *question =
		    LIST_OWNER(ask, struct client_question, ask);

		if (ask->decided == client_decided &&
		    question->candidate == candidate)
			return question;
	}
	return NULL;
}

static bool
connect_cancel(struct connect_question *connect, struct candidate *candidate)
{
	struct hook_asker *asker = &questions_of_connect(connect)->asker;
	struct client_question *question =
	    client_question_find(&asker->asking, candidate);

	if (question == NULL)
		question = client_question_find(&asker->waiting, candidate);
	if (question == NULL)
		return false;
	hook_asker_cancel(&question->ask);
	free(question);
	return true;
}

static const struct connect_question_ops connect_ops = {
	.ask = connect_ask,
	.cancel = connect_cancel,
};

/* --- life cycle ----------------------------------------------------------- */

static bool
endpoints_init(struct hook_questions *questions,
    const struct hook_questions_config *config, char *why, size_t size)
{
	return hook_endpoint_init(&questions->connect_endpoint,
		   "hooks.before_connect", config->connect_url, config->ca, why,
		   size) &&
	       hook_endpoint_init(&questions->join_endpoint,
		   "hooks.before_join", config->join_url, config->ca, why,
		   size) &&
	       hook_endpoint_init(&questions->publish_endpoint,
		   "hooks.before_publish", config->publish_url, config->ca, why,
		   size);
}

struct hook_questions *
hook_questions_create(const struct hook_questions_config *config, char *why,
    size_t size)
{
	struct hook_questions *questions = calloc(1, sizeof(*questions));
	struct hook_asker *asker;

	assert(config->secret.len <= HOOK_SECRET_MOST && config->most > 0);
	if (questions == NULL) {
		snprintf(why, size, "no memory");
		return NULL;
	}
	questions->approval.ops = &approval_ops;
	questions->connect.ops = &connect_ops;
	asker = &questions->asker;
	hook_asker_init(asker);
	asker->signer.clock = config->clock;
	asker->signer.secret_len = config->secret.len;
	memcpy(asker->signer.secret, config->secret.data, config->secret.len);
	asker->timeout_ms = config->timeout_ms;
	asker->most = config->most;
	asker->bytes_most = config->memory;
	asker->allows_on_failure = config->allows_on_failure;
	asker->stats = &questions->stats;
	if (endpoints_init(questions, config, why, size))
		return questions;
	hook_questions_destroy(questions);
	return NULL;
}

void
hook_questions_destroy(struct hook_questions *questions)
{
	if (questions == NULL)
		return;
	assert(list_is_empty(&questions->asker.asking));
	assert(list_is_empty(&questions->asker.waiting));
	hook_endpoint_fini(&questions->connect_endpoint);
	hook_endpoint_fini(&questions->join_endpoint);
	hook_endpoint_fini(&questions->publish_endpoint);
	OPENSSL_cleanse(&questions->asker.signer,
	    sizeof(questions->asker.signer));
	free(questions);
}

void
hook_questions_start(struct hook_questions *questions, struct loop *loop)
{
	questions->asker.loop = loop;
}

struct approval *
hook_questions_approval(struct hook_questions *questions)
{
	return hook_endpoint_exists(&questions->join_endpoint) ||
		       hook_endpoint_exists(&questions->publish_endpoint)
		   ? &questions->approval
		   : NULL;
}

struct connect_question *
hook_questions_connect(struct hook_questions *questions)
{
	return hook_endpoint_exists(&questions->connect_endpoint)
		   ? &questions->connect
		   : NULL;
}

size_t
hook_questions_bytes(const struct hook_questions *questions)
{
	return questions->asker.bytes;
}

void
hook_questions_stats(const struct hook_questions *questions,
    struct hook_stats *out)
{
	out->asks = true;
	memcpy(out->questions, questions->stats.questions,
	    sizeof(out->questions));
	out->question_time = questions->stats.question_time;
}
