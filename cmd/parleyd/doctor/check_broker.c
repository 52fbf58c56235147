/* Redis, and its settings that can cost messages. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/redis/redis_probe.h"
#include "cmd/parleyd/doctor/checks.h"
#include "cmd/parleyd/options/broker_password.h"
#include "cmd/parleyd/options/broker_tls.h"

#define VERSION_LEAST 7

/* A node that reads slowly for a moment is not to be disconnected. */
#define PUBSUB_LEAST (64ULL << 20)

static void
broker_settings_check(struct findings *findings,
    const struct redis_facts *facts)
{
	if (facts->has_memory_limit &&
	    strcmp(facts->policy, "noeviction") != 0) {
		finding_add(findings, FINDING_WARNING,
		    "Redis %s removes keys when its memory is full "
		    "(maxmemory-policy %s)",
		    facts->peer, facts->policy);
		finding_set_remedy(findings, "maxmemory-policy noeviction");
	}
	if (!facts->has_journal) {
		finding_add(findings, FINDING_WARNING,
		    "Redis %s keeps nothing over a restart (appendonly no): "
		    "rooms are lost if all nodes end, too",
		    facts->peer);
		finding_set_remedy(findings, "appendonly yes");
	}
	if (facts->has_pubsub_limits && facts->pubsub_hard != 0 &&
	    facts->pubsub_hard < PUBSUB_LEAST) {
		finding_add(findings, FINDING_WARNING,
		    "Redis %s disconnects a node that is %llu MiB behind "
		    "(client-output-buffer-limit pubsub)",
		    facts->peer, facts->pubsub_hard >> 20);
		finding_set_remedy(findings,
		    "client-output-buffer-limit pubsub 64mb 32mb 60");
	}
}

static void
broker_target_check(struct doctor *doctor, const struct broker_target *target,
    const struct broker_options *options, struct redis_tls *tls)
{
	struct findings *findings = &doctor->findings;
	struct redis_facts facts = { .version = "" };
	char why[256];

	if (!redis_probe(target, options, tls, &facts, why, sizeof(why))) {
		finding_add(findings, FINDING_ERROR, "Redis %s: %s", facts.peer,
		    why);
		finding_set_remedy(findings,
		    "start it, or correct broker.url and broker.password; "
		    "until then no client is served");
		return;
	}
	if (strcmp(facts.role, "master") != 0) {
		finding_add(findings, FINDING_ERROR, "Redis %s is a replica",
		    facts.peer);
		finding_set_remedy(findings,
		    "name its primary in broker.url, or its sentinels");
		return;
	}
	if (atoi(facts.version) < VERSION_LEAST) {
		finding_add(findings, FINDING_WARNING,
		    "Redis %s is of version %s", facts.peer, facts.version);
		finding_set_remedy(findings, "version %d.0 or later",
		    VERSION_LEAST);
	} else
		finding_add(findings, FINDING_OK,
		    "Redis %s answers%s, version %s", facts.peer,
		    target->has_tls ? " over TLS" : "", facts.version);
	broker_settings_check(findings, &facts);
}

void
check_broker(struct doctor *doctor)
{
	struct broker_options options = doctor->options->broker;
	struct broker_targets targets;
	struct redis_tls *tls;
	char problem[256];
	const char *why;

	if (options.url[0] == '\0' ||
	    !broker_targets_parse(&targets, str_from(options.url), &why))
		return;
	if (!broker_password_read(&options)) {
		finding_add(&doctor->findings, FINDING_ERROR,
		    "broker.password_file %s: %s", options.password_file,
		    strerror(errno));
		finding_set_remedy(&doctor->findings,
		    "a file that the user of the server can read");
		return;
	}
	if (!broker_tls_create(&options, &targets, &tls, problem,
		sizeof(problem))) {
		finding_add(&doctor->findings, FINDING_ERROR, "%s", problem);
		finding_set_remedy(&doctor->findings,
		    "a file in PEM that the user of the server can read");
		return;
	}
	for (size_t i = 0; i < targets.count; i++)
		broker_target_check(doctor, &targets.at[i], &options, tls);
	broker_tls_destroy(tls);
}
