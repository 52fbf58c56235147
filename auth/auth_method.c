#include "auth/auth_method.h"

#include <assert.h>

#include "auth/rights.h"
#include "domain/log.h"
#include "transport/http/http_conn.h"

struct str
auth_text_copy(struct str text, char copy[AUTH_TEXT_MAX])
{
	assert(text.len <= AUTH_TEXT_MAX);
	if (text.len > 0)
		memcpy(copy, text.data, text.len);
	return text.data == NULL ? STR_ABSENT : str_slice(copy, text.len);
}

void
auth_set_member_id(struct principal *principal,
    char member_id[USER_MEMBER_ID_SIZE])
{
	principal->member_id = STR_ABSENT;
	if (str_is_empty(principal->user_id))
		return;
	user_member_id(principal->user_id, member_id);
	principal->member_id = str_from(member_id);
}

struct principal
auth_guest(void)
{
	return (struct principal){
		.name = STR("guest"),
		.rights = user_role_rights(USER_ROLE_GUEST),
	};
}

void
auth_set_token(struct principal *principal, struct str id)
{
	principal->token = id.data == NULL ? 0 : revocations_token(id);
}

bool
auth_is_revoked(const struct auth_context *context,
    const struct principal *principal)
{
	struct principal_mark mark;

	if (context->revocations == NULL || principal->member_id.data == NULL)
		return false;
	mark = principal_mark_of(principal);
	return revocations_match(context->revocations, &mark);
}

void
auth_accept(const struct auth_context *context, struct candidate *candidate,
    const struct principal *principal)
{
	struct connect_question *question = context->admission->question;
	struct principal accepted = *principal;
	char member_id[USER_MEMBER_ID_SIZE];

	auth_set_member_id(&accepted, member_id);
	if (auth_is_revoked(context, &accepted))
		auth_refuse(candidate, 401, AUTH_REVOKED);
	else if ((accepted.rights & RIGHT_CONNECT) == 0 &&
		 !accepted.must_authenticate)
		auth_refuse(candidate, 403,
		    "Not allowed without the right 'connect'\n");
	else if (question != NULL)
		question->ops->ask(question, candidate, &accepted);
	else
		admission_accept(candidate, &accepted);
}

void
auth_refuse(struct candidate *candidate, int status, const char *why)
{
	char address[HOST_ADDRESS_TEXT_SIZE];

	assert(status >= 400 && why[0] != '\0');
	host_address_format(&candidate->exchange->client.address, address);
	log_limited(LOG_INFO, "handshake refused with %d: %.*s (%s)", status,
	    (int)strcspn(why, "\n"), why, address);
	admission_refuse(candidate, status, why);
}

void
auth_refuse_telling(struct candidate *candidate, int status, const char *why,
    const char *answer)
{
	candidate->answer = answer;
	auth_refuse(candidate, status, why);
}
