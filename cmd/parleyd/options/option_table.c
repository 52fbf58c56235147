#include "cmd/parleyd/options/option.h"
#include "domain/base/count_of.h"
#include "domain/member_store.h"
#include "transport/net/thread_pool.h"
#include "wire/dialect.h"

#define KIB (INT64_C(1) << 10)
#define MIB (INT64_C(1) << 20)
#define GIB (INT64_C(1) << 30)
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define MILLION INT64_C(1000000)

#define AT(member)                                  \
	.offset = offsetof(struct options, member), \
	.width = sizeof(((struct options *)NULL)->member)

/* The type of a number, its member, its preset and its bounds. */
#define NUMBER(kind, member, value, lowest, highest)                         \
	.type = OPTION_##kind, AT(member), .preset = value, .least = lowest, \
	.most = highest

#define NO_LIMIT .zero = "no limit"

static const char *const stores[] = {
	[STORE_MEMORY] = "memory",
	[STORE_FILE] = "file",
	NULL,
};

static const char *const syncs[] = {
	[STORE_SYNC_ALWAYS] = "always",
	[STORE_SYNC_INTERVAL] = "interval",
	[STORE_SYNC_NEVER] = "never",
	NULL,
};

static const char *const damage_answers[] = {
	[STORE_QUARANTINE] = "quarantine",
	[STORE_REFUSE] = "refuse",
	NULL,
};

static const char *const io_error_answers[] = {
	[STORE_READ_ONLY] = "read_only",
	[STORE_EXIT] = "exit",
	NULL,
};

static const char *const auth_kinds[] = {
	[AUTH_OPEN] = "open",
	[AUTH_JWT] = "jwt",
	[AUTH_PASSWORD] = "password",
	[AUTH_PROXY] = "proxy",
	[AUTH_HOOK] = "hook",
	NULL,
};

static const char *const creators[] = {
	[CREATORS_ANYONE] = "anyone",
	[CREATORS_USERS] = "users",
	[CREATORS_ROLE] = "role",
	NULL,
};

static const char *const hook_down_answers[] = {
	[HOOK_DOWN_DENY] = "deny",
	[HOOK_DOWN_ALLOW_ANONYMOUS] = "allow-anonymous",
	NULL,
};

static const char *const hook_policies[] = {
	[HOOK_POLICY_DENY] = "deny",
	[HOOK_POLICY_ALLOW] = "allow",
	NULL,
};

static const char *const forwarded_styles[] = {
	[FORWARDED_X] = "x-forwarded",
	[FORWARDED_RFC] = "forwarded",
	NULL,
};

static const char *const names_rules[] = {
	[NAMES_USUAL] = "usual",
	[NAMES_STRICT] = "strict",
	NULL,
};

static const char *const tls_versions[] = {
	[TLS_LEAST_1_2] = "1.2",
	[TLS_LEAST_1_3] = "1.3",
	NULL,
};

static const char *const word_actions[] = {
	[WORD_REJECT] = "reject",
	[WORD_MASK] = "mask",
	NULL,
};

static const char *const broker_downs[] = {
	[BROKER_DOWN_READY] = "ready",
	[BROKER_DOWN_NOT_READY] = "not-ready",
	NULL,
};

static const char *const broker_acks[] = {
	[BROKER_ACK_PRIMARY] = "primary",
	[BROKER_ACK_REPLICA] = "replica",
	NULL,
};

static const char *const levels[] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_WARN] = "warn",
	[LOG_ERROR] = "error",
	NULL,
};

static const char *const log_formats[] = {
	[LOG_FORMAT_AUTO] = "auto",
	[LOG_FORMAT_TEXT] = "text",
	[LOG_FORMAT_JSON] = "json",
	NULL,
};

/*
 * In the order of the handbook. Limits without which a peer could take all
 * memory have no zero.
 */
const struct option option_table[] = {
	{ .section = "Listening and logging",
	    .name = "listen",
	    .type = OPTION_LISTEN,
	    AT(listeners),
	    .preset = "127.0.0.1:8080",
	    .needs_restart = true,
	    .help = "Addresses to listen on, separated by commas, or given "
		    "several times; an address with TLS ends with ,tls, one "
		    "that expects a PROXY header with ,proxy." },
	{ .name = "listen_file",
	    .type = OPTION_PATH,
	    AT(listen_file),
	    .preset = "none",
	    .zero = "none",
	    .needs_restart = true,
	    .help = "While the server runs, a file with the addresses that it "
		    "listens on: a URL and a dialect in each line." },
	{ .name = "seed_ports",
	    .type = OPTION_BOOL,
	    AT(seed_ports),
	    .preset = "off",
	    .needs_restart = true,
	    .help = "Listen on the loopback ports of the original servers, "
		    "command on 8080, action on 8765, topic on 8000, dotnet "
		    "on 5106: in addition to listen, and instead of its "
		    "default." },
	{ .name = "tls.certificate",
	    .type = OPTION_PATH,
	    AT(tls.certificate),
	    .preset = "none",
	    .zero = "none",
	    .help = "Certificates of listeners under TLS: PEM files with "
		    "their chains, separated by commas; the first is the "
		    "default, the others are chosen by name (SNI). Read "
		    "again on SIGHUP." },
	{ .name = "tls.key",
	    .type = OPTION_PATH,
	    AT(tls.key),
	    .preset = "none",
	    .zero = "none",
	    .help = "The private keys of the certificates, in the same "
		    "order." },
	{ .name = "tls.client_ca",
	    .type = OPTION_PATH,
	    AT(tls.client_ca),
	    .preset = "none",
	    .zero = "none",
	    .help = "Require a certificate from clients, issued by an "
		    "authority in this file." },
	{ .name = "tls.min",
	    .type = OPTION_WORD,
	    AT(tls.least),
	    .preset = "1.2",
	    .words = tls_versions,
	    .help = "The oldest version of TLS that is accepted." },
	{ .name = "http.pages",
	    .type = OPTION_BOOL,
	    AT(http_pages),
	    .preset = "on",
	    .needs_restart = true,
	    .help = "Serve the pages: chat at /, figures at /monitor." },
	{ .name = "http.stats",
	    .type = OPTION_BOOL,
	    AT(http_stats),
	    .preset = "on",
	    .needs_restart = true,
	    .help = "Serve /stats and /metrics to any client, with the names "
		    "of the largest rooms." },
	{ .name = "workers",
	    NUMBER(COUNT, workers, "0", 1, POOL_THREADS_MOST),
	    .zero = "auto",
	    .needs_restart = true,
	    .help = "Threads that send what is published to many members; "
		    "auto: one for each processor that the process may use." },
	{ .name = "log.level",
	    .type = OPTION_WORD,
	    AT(log_level),
	    .preset = "info",
	    .words = levels,
	    .help = "The lowest level that is logged." },
	{ .name = "log.format",
	    .type = OPTION_WORD,
	    AT(log_format),
	    .preset = "auto",
	    .words = log_formats,
	    .help = "auto: lines of text on a terminal, with priorities in "
		    "the journal of systemd, else one JSON object in each "
		    "line." },

	{ .section = "Authentication",
	    .name = "auth.kind",
	    .type = OPTION_WORD,
	    AT(auth.kind),
	    .preset = "open",
	    .words = auth_kinds,
	    .help = "open: every client; jwt: clients with a signed token; "
		    "password: users of auth.users, who log in; "
		    "proxy: users that a trusted proxy names; hook: another "
		    "program is asked about each client." },
	{ .name = "auth.origins",
	    .type = OPTION_TEXT,
	    AT(auth.origins),
	    .preset = "none",
	    .zero = "none",
	    .help = "Pages of other sites that may connect, separated by "
		    "commas: https://app.example.org, *.example.org or *. "
		    "Pages of this server always may." },
	{ .name = "auth.key",
	    .type = OPTION_PATH,
	    AT(auth.key),
	    .preset = "none",
	    .zero = "none",
	    .help = "The keys of tokens: a JSON Web Key Set, a public key in "
		    "PEM, or a secret of at least 32 bytes. Read again when "
		    "it changes, and on SIGHUP." },
	{ .name = "auth.issuer",
	    .type = OPTION_TEXT,
	    AT(auth.issuer),
	    .preset = "none",
	    .zero = "none",
	    .help = "Tokens must have this iss claim." },
	{ .name = "auth.audience",
	    .type = OPTION_TEXT,
	    AT(auth.audience),
	    .preset = "none",
	    .zero = "none",
	    .help = "Tokens must have this aud claim, or contain it." },
	{ .name = "auth.leeway",
	    NUMBER(DURATION, auth.leeway_ms, "10s", SECOND, HOUR),
	    .zero = "none",
	    .help = "How far the clocks of issuer and server may differ." },
	{ .name = "auth.users",
	    .type = OPTION_PATH,
	    AT(auth.users),
	    .preset = "none",
	    .zero = "none",
	    .help = "The users of auth.kind = password: a file that parleyd "
		    "user changes. Read again when it changes. The server "
		    "keeps FILE.key and FILE.revoked beside it." },
	{ .name = "auth.session",
	    NUMBER(DURATION, auth.session_ms, "7d", SECOND, 365 * DAY),
	    .help = "How long a log-in is valid; its connections end then." },
	{ .name = "auth.guests",
	    .type = OPTION_BOOL,
	    AT(auth.guests),
	    .preset = "off",
	    .help = "Clients without a token are guests, who may read and "
		    "post: unless auth.kind is open." },
	{ .name = "auth.revoked",
	    .type = OPTION_PATH,
	    AT(auth.revoked),
	    .preset = "none",
	    .zero = "none",
	    .help = "A file with tokens and users that are revoked, with "
		    "lines such as jti ID, sub USER, before TIME USER. Read "
		    "again when it changes, and on SIGHUP." },
	{ .name = "auth.trusted_proxies",
	    .type = OPTION_TEXT,
	    AT(auth.trusted_proxies),
	    .preset = "none",
	    .zero = "none",
	    .help = "Proxies that name the address of a client, separated by "
		    "commas: 192.0.2.1, 10.0.0.0/8, 2001:db8::/32, unix (all "
		    "peers of Unix sockets). Limits of addresses then hold "
		    "for their clients." },
	{ .name = "auth.proxy_headers",
	    .type = OPTION_WORD,
	    AT(auth.proxy_headers),
	    .preset = "x-forwarded",
	    .words = forwarded_styles,
	    .help = "The headers that trusted proxies set: X-Forwarded-For "
		    "and X-Forwarded-Proto, or Forwarded (RFC 7239)." },
	{ .name = "auth.proxy_user_header",
	    .type = OPTION_TEXT,
	    AT(auth.proxy_user_header),
	    .preset = "X-Forwarded-User",
	    .help = "The header with the id of the user, if auth.kind is "
		    "proxy." },
	{ .name = "auth.proxy_name_header",
	    .type = OPTION_TEXT,
	    AT(auth.proxy_name_header),
	    .preset = "X-Forwarded-Preferred-Username",
	    .zero = "none",
	    .help = "The header with the display name; without it, that is "
		    "the id." },
	{ .name = "auth.proxy_rights_header",
	    .type = OPTION_TEXT,
	    AT(auth.proxy_rights_header),
	    .preset = "none",
	    .zero = "none",
	    .help = "The header with the rights, or roles, of the user, "
		    "separated by commas; a user without them has none. If "
		    "there is no such header, all users have the usual "
		    "rights." },
	{ .name = "auth.hook_url",
	    .type = OPTION_TEXT,
	    AT(auth.hook_url),
	    .preset = "none",
	    .zero = "none",
	    .help = "The program that is asked about each client, if "
		    "auth.kind is hook: http://HOST:PORT/PATH, or https. The "
		    "host is looked up at the start and on SIGHUP." },
	{ .name = "auth.hook_ca",
	    .type = OPTION_PATH,
	    AT(auth.hook_ca),
	    .preset = "none",
	    .zero = "none",
	    .help = "The authorities, in PEM, that may have signed the "
		    "certificate of an https hook; none: those that the "
		    "system trusts. Read again on SIGHUP." },
	{ .name = "auth.hook_headers",
	    .type = OPTION_TEXT,
	    AT(auth.hook_headers),
	    .preset = "Authorization, Cookie",
	    .zero = "none",
	    .help = "The headers of the client that are sent to it." },
	{ .name = "auth.hook_timeout",
	    NUMBER(DURATION, auth.hook_timeout_ms, "3s", 100, 10 * MINUTE),
	    .help = "How long its answer is waited for, at most "
		    "limits.handshake_timeout." },
	{ .name = "auth.hook_max",
	    NUMBER(COUNT, auth.hook_max, "64", 1, 10000),
	    .help = "How many requests it gets at the same time; 16 times as "
		    "many clients may wait; beyond: 503." },
	{ .name = "auth.hook_down",
	    .type = OPTION_WORD,
	    AT(auth.hook_down),
	    .preset = "deny",
	    .words = hook_down_answers,
	    .help = "While it cannot be reached, does not answer in time or "
		    "fails (5xx): deny clients (503), or allow them as "
		    "guests, who may read and post." },
	{ .name = "auth.in_band",
	    .type = OPTION_BOOL,
	    AT(auth.in_band),
	    .preset = "off",
	    .help = "Clients of the command dialect may connect without a "
		    "token, and send it with the command auth." },
	{ .name = "auth.names",
	    .type = OPTION_WORD,
	    AT(auth.names),
	    .preset = "usual",
	    .words = names_rules,
	    .needs_restart = true,
	    .help = "Which names count as the same: those that look alike in "
		    "other scripts (usual), or also 0 and O, 1, l and I, rn "
		    "and m (strict)." },

	{ .section = "HTTP API",
	    .name = "admin.key",
	    .type = OPTION_TEXT,
	    AT(admin.key),
	    .preset = "none",
	    .zero = "none",
	    .is_secret = true,
	    .help = "The key of backends, at least 16 visible characters: "
		    "/v1/ is served to requests with Authorization: Bearer "
		    "KEY. On a command line other users of the machine can "
		    "read it." },
	{ .name = "admin.key_file",
	    .type = OPTION_PATH,
	    AT(admin.key_file),
	    .preset = "none",
	    .zero = "none",
	    .help = "A file with the key, instead of admin.key. Read again "
		    "on SIGHUP." },
	{ .name = "admin.listen",
	    .type = OPTION_LISTEN,
	    AT(admin.listeners),
	    .preset = "none",
	    .zero = "none",
	    .needs_restart = true,
	    .help = "Addresses of the API, as in listen; the key is good "
		    "only there. Without them it is good at every address." },
	{ .name = "admin.name",
	    .type = OPTION_TEXT,
	    AT(admin.name),
	    .preset = "server",
	    .help = "The author of a backend's messages, unless they name "
		    "another one." },

	{ .section = "Hooks",
	    .name = "hooks.url",
	    .type = OPTION_TEXT,
	    AT(hooks.url),
	    .preset = "none",
	    .zero = "none",
	    .needs_restart = true,
	    .help = "The program that gets what happens, as signed POST "
		    "requests: http://HOST:PORT/PATH, or https. The host is "
		    "looked up at the start." },
	{ .name = "hooks.secret",
	    .type = OPTION_TEXT,
	    AT(hooks.secret),
	    .preset = "none",
	    .zero = "none",
	    .needs_restart = true,
	    .is_secret = true,
	    .help = "What requests are signed with, at least 16 visible "
		    "characters." },
	{ .name = "hooks.secret_file",
	    .type = OPTION_PATH,
	    AT(hooks.secret_file),
	    .preset = "none",
	    .zero = "none",
	    .needs_restart = true,
	    .help = "A file with the secret, instead of hooks.secret." },
	{ .name = "hooks.ca",
	    .type = OPTION_PATH,
	    AT(hooks.ca),
	    .preset = "none",
	    .zero = "none",
	    .needs_restart = true,
	    .help = "The authorities, in PEM, that may have signed the "
		    "certificate of an https URL; none: those that the "
		    "system trusts." },
	{ .name = "hooks.timeout",
	    NUMBER(DURATION, hooks.timeout_ms, "5s", 100, 10 * MINUTE),
	    .needs_restart = true,
	    .help = "How long an answer is waited for." },
	{ .name = "hooks.memory",
	    NUMBER(SIZE, hooks.memory, "16MiB", 4 * KIB, 64 * GIB),
	    .needs_restart = true,
	    .help = "Bytes of events that may wait; beyond: they are lost, "
		    "and a gap takes their place." },
	{ .name = "hooks.give_up",
	    NUMBER(DURATION, hooks.give_up_ms, "0", SECOND, 365 * DAY),
	    .zero = "never",
	    .needs_restart = true,
	    .help = "How long a batch is sent again and again; then its "
		    "events are dropped and counted." },
	{ .name = "hooks.before_connect",
	    .type = OPTION_TEXT,
	    AT(hooks.before_connect),
	    .preset = "none",
	    .zero = "none",
	    .needs_restart = true,
	    .help = "The program that is asked about each client after "
		    "auth.kind has "
		    "accepted it: http://HOST:PORT/PATH, or https." },
	{ .name = "hooks.before_join",
	    .type = OPTION_TEXT,
	    AT(hooks.before_join),
	    .preset = "none",
	    .zero = "none",
	    .needs_restart = true,
	    .help = "The program that is asked before a member joins or "
		    "creates a room." },
	{ .name = "hooks.before_publish",
	    .type = OPTION_TEXT,
	    AT(hooks.before_publish),
	    .preset = "none",
	    .zero = "none",
	    .needs_restart = true,
	    .help = "The program that is asked before a message is "
		    "published or edited; it may replace the message." },
	{ .name = "hooks.before_timeout",
	    NUMBER(DURATION, hooks.before_timeout_ms, "1s", 50, MINUTE),
	    .needs_restart = true,
	    .help = "How long their answer is waited for; for clients at "
		    "most limits.handshake_timeout." },
	{ .name = "hooks.before_max",
	    NUMBER(COUNT, hooks.before_max, "64", 1, 10000),
	    .needs_restart = true,
	    .help = "How many questions are asked at the same time; others "
		    "wait, in up to hooks.memory." },
	{ .name = "hooks.failure",
	    .type = OPTION_WORD,
	    AT(hooks.failure),
	    .preset = "deny",
	    .words = hook_policies,
	    .needs_restart = true,
	    .help = "Without an answer: deny what was asked about, or allow "
		    "it." },

	{ .section = "Store",
	    .name = "store.kind",
	    .type = OPTION_WORD,
	    AT(store_kind),
	    .preset = "memory",
	    .words = stores,
	    .needs_restart = true,
	    .help = "Where persistent rooms and their messages are stored." },
	{ .name = "store.dir",
	    .type = OPTION_PATH,
	    AT(store.dir),
	    .preset = "data",
	    .needs_restart = true,
	    .help = "The directory of the file store; created if it does not "
		    "exist." },
	{ .name = "store.sync",
	    .type = OPTION_WORD,
	    AT(store.sync),
	    .preset = "always",
	    .words = syncs,
	    .needs_restart = true,
	    .help = "What an acknowledgement waits for: the disk (always), "
		    "or the write to the system only (interval, never)." },
	{ .name = "store.sync_interval",
	    NUMBER(DURATION, store.sync_interval_ms, "1s", 10, MINUTE),
	    .needs_restart = true,
	    .help = "Time between syncs if store.sync is interval: a power "
		    "cut loses at most the messages of this time." },
	{ .name = "store.segment",
	    NUMBER(SIZE, store.segment_bytes, "16MiB", 2 * MIB, GIB),
	    .needs_restart = true,
	    .help = "Size of a file of the journal." },
	{ .name = "store.queue_bytes",
	    NUMBER(SIZE, store.queue_bytes, "32MiB", 2 * MIB, 4 * GIB),
	    .needs_restart = true,
	    .help = "Bytes that may wait for the disk. From three quarters "
		    "on senders are not read; beyond: unavailable." },
	{ .name = "store.min_free",
	    NUMBER(SIZE, store.min_free_bytes, "64MiB", MIB, 1024 * GIB),
	    .zero = "any",
	    .needs_restart = true,
	    .help = "With less free space on the disk the store is read-only "
		    "until there is twice as much." },
	{ .name = "store.probe",
	    NUMBER(DURATION, store.probe_ms, "5s", 100, HOUR),
	    .needs_restart = true,
	    .help = "How often a full disk is checked for free space." },
	{ .name = "store.compact_after",
	    NUMBER(SIZE, store.compact_after_bytes, "64MiB", MIB, 1024 * GIB),
	    .needs_restart = true,
	    .help = "The journal is rewritten without dead records when it "
		    "has this size, and twice that of the live records." },
	{ .name = "store.clock_trust",
	    NUMBER(DURATION, store.clock_trust_ms, "10m", SECOND, DAY),
	    .zero = "at once",
	    .needs_restart = true,
	    .help = "After the clock jumped by more than a minute, no "
		    "message expires for this time." },
	{ .name = "store.on_damage",
	    .type = OPTION_WORD,
	    AT(store.on_damage),
	    .preset = "quarantine",
	    .words = damage_answers,
	    .needs_restart = true,
	    .help = "If records are damaged or missing at the start: "
		    "quarantine the damaged bytes and continue, or exit 78." },
	{ .name = "store.on_io_error",
	    .type = OPTION_WORD,
	    AT(store.on_io_error),
	    .preset = "read_only",
	    .words = io_error_answers,
	    .needs_restart = true,
	    .help = "When the disk fails: continue without writing, or exit "
		    "1." },

	{ .section = "Several nodes",
	    .name = "broker.url",
	    .type = OPTION_TEXT,
	    AT(broker.url),
	    .preset = "none",
	    .zero = "none",
	    .needs_restart = true,
	    .help = "The Redis that several nodes share, which are one chat "
		    "then: redis://HOST:PORT/DATABASE, unix:/PATH or "
		    "redis+sentinel://HOST:PORT,HOST:PORT/PRIMARY; over TLS "
		    "rediss:// and rediss+sentinel://, if parleyd was built "
		    "with hiredis 1.0 or later. Several URLs, separated by "
		    "commas, share the rooms." },
	{ .name = "broker.prefix",
	    .type = OPTION_TEXT,
	    AT(broker.prefix),
	    .preset = "parley:",
	    .needs_restart = true,
	    .help = "What the names of all keys and channels begin with." },
	{ .name = "broker.node",
	    .type = OPTION_TEXT,
	    AT(broker.node),
	    .preset = "none",
	    .zero = "none",
	    .needs_restart = true,
	    .help = "The name of this node, which no other node has; none: "
		    "one is made at each start." },
	{ .name = "broker.node_url",
	    .type = OPTION_TEXT,
	    AT(broker.node_url),
	    .preset = "none",
	    .zero = "none",
	    .needs_restart = true,
	    .help = "Where this node is reached, as "
		    "https://chat1.example.org; shown by parleyd ctl nodes." },
	{ .name = "broker.user",
	    .type = OPTION_TEXT,
	    AT(broker.user),
	    .preset = "none",
	    .zero = "none",
	    .needs_restart = true,
	    .help = "The user of Redis (ACL)." },
	{ .name = "broker.password",
	    .type = OPTION_TEXT,
	    AT(broker.password),
	    .preset = "none",
	    .zero = "none",
	    .is_secret = true,
	    .needs_restart = true,
	    .help = "The password of Redis. On a command line other users of "
		    "the machine can read it." },
	{ .name = "broker.password_file",
	    .type = OPTION_PATH,
	    AT(broker.password_file),
	    .preset = "none",
	    .zero = "none",
	    .needs_restart = true,
	    .help = "A file with the password, instead of "
		    "broker.password." },
	{ .name = "broker.ca",
	    .type = OPTION_PATH,
	    AT(broker.ca),
	    .preset = "none",
	    .zero = "none",
	    .help = "The authorities, in PEM, that may have signed the "
		    "certificate of a Redis with TLS; none: those that the "
		    "system trusts. Read again on SIGHUP, like the two below, "
		    "for the next connection to Redis." },
	{ .name = "broker.certificate",
	    .type = OPTION_PATH,
	    AT(broker.certificate),
	    .preset = "none",
	    .zero = "none",
	    .help = "The certificate of this node, in PEM, for a Redis that "
		    "wants one of its clients (tls-auth-clients)." },
	{ .name = "broker.key",
	    .type = OPTION_PATH,
	    AT(broker.key),
	    .preset = "none",
	    .zero = "none",
	    .help = "The private key of that certificate." },
	{ .name = "broker.timeout",
	    NUMBER(DURATION, broker.timeout_ms, "1s", 10, MINUTE),
	    .needs_restart = true,
	    .help = "How long a connection to Redis, or an answer, is waited "
		    "for; then it is made again." },
	{ .name = "broker.give_up",
	    NUMBER(DURATION, broker.give_up_ms, "5s", 10, 10 * MINUTE),
	    .needs_restart = true,
	    .help = "How long a message without an answer is sent again; "
		    "then: store_failed." },
	{ .name = "broker.required",
	    .type = OPTION_BOOL,
	    AT(broker.required),
	    .preset = "off",
	    .needs_restart = true,
	    .help = "Exit 69 if Redis cannot be reached at the start; "
		    "otherwise the server is not ready until it can." },
	{ .name = "broker.down",
	    .type = OPTION_WORD,
	    AT(broker.down),
	    .preset = "ready",
	    .words = broker_downs,
	    .help = "What /readyz answers while Redis cannot be reached." },
	{ .name = "broker.ack",
	    .type = OPTION_WORD,
	    AT(broker.ack),
	    .preset = "primary",
	    .words = broker_acks,
	    .needs_restart = true,
	    .help = "What an acknowledgement waits for: Redis (primary), or "
		    "also one of its replicas." },

	{ .section = "Connections",
	    .name = "limits.connections",
	    NUMBER(COUNT, transport.connections, "10000", 1, MILLION),
	    NO_LIMIT,
	    .help = "Open connections, at most the limit of open files less "
		    "64; beyond: 503." },
	{ .name = "limits.connections_per_ip",
	    NUMBER(COUNT, transport.connections_per_ip, "1000", 1, MILLION),
	    NO_LIMIT,
	    .help = "Open connections of one address; an IPv6 /64 is one "
		    "address, loopback is exempt; beyond: 429." },
	{ .name = "limits.accept_rate",
	    NUMBER(RATE, transport.accepts.rate, "2000/s", 1, MILLION),
	    NO_LIMIT,
	    .help = "New connections per second, shared equally among the "
		    "addresses that want more; the others wait." },
	{ .name = "limits.accept_burst",
	    NUMBER(COUNT, transport.accepts.burst, "4000", 1, MILLION),
	    .help = "How many connections may arrive at once." },
	{ .name = "limits.logins",
	    NUMBER(COUNT, auth.logins_per_minute, "10", 1, MILLION),
	    NO_LIMIT,
	    .help = "Failed log-ins per minute, of one address and of one "
		    "user; beyond: 429." },
	{ .name = "limits.handshake_timeout",
	    NUMBER(DURATION, transport.handshake_timeout_ms, "5s", 100,
		10 * MINUTE),
	    .help = "From the first byte to the end of the handshake; "
		    "beyond: 408." },
	{ .name = "limits.request_bytes",
	    NUMBER(SIZE, transport.request_bytes, "8KiB", KIB, 64 * KIB),
	    .help = "Size of the head of an HTTP request; beyond: 431." },
	{ .name = "limits.request_headers",
	    NUMBER(COUNT, transport.request_headers, "64", 8, 256),
	    .help = "Headers of an HTTP request; beyond: 431." },

	{ .section = "Input",
	    .name = "limits.frame_bytes",
	    NUMBER(SIZE, transport.frame_bytes, "1MiB", KIB, 64 * MIB),
	    .help = "Size of a WebSocket message, all its frames, inflated; "
		    "beyond: close 1009." },
	{ .name = "limits.message_bytes",
	    NUMBER(SIZE, chat.message_bytes, "64KiB", 1, 64 * MIB),
	    .help = "Size of the JSON text of a chat message; beyond: "
		    "message_too_large." },
	{ .name = "limits.body_bytes",
	    NUMBER(SIZE, transport.body_bytes, "1MiB", 1, 1024 * GIB),
	    NO_LIMIT,
	    .help = "The body of an HTTP request; beyond: 413." },
	{ .name = "limits.body_timeout",
	    NUMBER(DURATION, transport.body_timeout_ms, "10s", SECOND, DAY),
	    NO_LIMIT,
	    .help = "Time for the body of a request to arrive, and a second "
		    "more for each KiB of it; beyond: 408." },
	{ .name = "limits.input_total",
	    NUMBER(SIZE, transport.input_total, "256MiB", MIB, 1024 * GIB),
	    NO_LIMIT,
	    .help = "Unfinished messages of all connections; beyond: the "
		    "largest and oldest (bytes times age) are closed, 4100." },
	{ .name = "limits.fragments",
	    NUMBER(COUNT, transport.fragments, "128", 1, MILLION),
	    NO_LIMIT,
	    .help = "Frames of one message, plus one for every 64 bytes of "
		    "it; beyond: close 1008." },
	{ .name = "limits.message_time",
	    NUMBER(DURATION, transport.message_time_ms, "30s", SECOND, DAY),
	    NO_LIMIT,
	    .help = "Time from the first frame of a message to its last; "
		    "beyond: close 1008." },
	{ .name = "limits.json_depth",
	    NUMBER(COUNT, transport.json_depth, "32", 2, WIRE_DEPTH_MAX),
	    .help = "Depth of nested objects and arrays; beyond: bad_json." },
	{ .name = "limits.messages",
	    NUMBER(RATE, transport.messages.rate, "1000/s", 1, MILLION),
	    NO_LIMIT,
	    .help = "Commands of one connection, or of all connections of one "
		    "user; beyond: the connection is not read until it is "
		    "within the limit again." },
	{ .name = "limits.messages_burst",
	    NUMBER(COUNT, transport.messages.burst, "2000", 1, MILLION),
	    .help = "How many commands may arrive at once." },
	{ .name = "limits.bytes",
	    NUMBER(SIZE_RATE, transport.bytes.rate, "8MiB/s", KIB, GIB),
	    NO_LIMIT,
	    .help = "Bytes of one connection, or user: what it sends, "
		    "inflated, and "
		    "the answers to it (compressed ones count four times); "
		    "beyond: as limits.messages." },
	{ .name = "limits.bytes_burst",
	    NUMBER(SIZE, transport.bytes.burst, "16MiB", KIB, GIB),
	    .help = "How many bytes may arrive at once." },
	{ .name = "limits.fanout",
	    NUMBER(SIZE_RATE, transport.fanout.rate, "512MiB/s", KIB, 2 * GIB),
	    NO_LIMIT,
	    .help = "Bytes that the messages of one connection cause, summed "
		    "over all receivers; beyond: it is read more slowly, and "
		    "never refused, since it does not decide how large its "
		    "rooms are." },
	{ .name = "limits.fanout_burst",
	    NUMBER(SIZE, transport.fanout.burst, "1GiB", KIB, 2 * GIB),
	    .help = "How many bytes may be caused at once." },
	{ .name = "limits.joins",
	    NUMBER(RATE, transport.joins.rate, "100/s", 1, MILLION),
	    NO_LIMIT,
	    .help = "Rooms that one user joins or creates, on all connections "
		    "together; beyond: as limits.messages. Clients without an "
		    "account have limits.budgets_per_ip." },
	{ .name = "limits.joins_burst",
	    NUMBER(COUNT, transport.joins.burst, "3000", 1, MILLION),
	    .help = "How many rooms may be joined at once." },
	{ .name = "limits.budgets_per_ip",
	    NUMBER(COUNT, transport.budgets_per_ip, "20", 1, MILLION),
	    NO_LIMIT,
	    .help = "Clients of one address (or IPv6 /64; loopback exempt) "
		    "without an account have together so many times "
		    "limits.messages, bytes, fanout and joins; beyond: each "
		    "is read more slowly, and none is refused." },
	{ .name = "limits.patience",
	    NUMBER(DURATION, transport.patience_ms, "10s", 1, DAY),
	    .zero = "none",
	    .help = "A connection that is beyond these limits for longer "
		    "gets rate_limited for each command; after 100 of these "
		    "in 10 s: close 4101." },
	{ .name = "limits.control_frames",
	    NUMBER(RATE, transport.control_frames.rate, "10/s", 1, MILLION),
	    NO_LIMIT,
	    .help = "Pings and pongs of one connection; beyond: close "
		    "1008." },
	{ .name = "limits.control_frames_burst",
	    NUMBER(COUNT, transport.control_frames.burst, "30", 1, MILLION),
	    .help = "How many pings and pongs may arrive at once." },

	{ .section = "Rooms",
	    .name = "limits.rooms",
	    NUMBER(COUNT, chat.rooms, "10000", 1, MILLION),
	    .help = "Rooms of the server; beyond: too_many_rooms." },
	{ .name = "limits.rooms_per_ip",
	    NUMBER(COUNT, chat.rooms_per_origin, "1000", 1, MILLION),
	    NO_LIMIT,
	    .help = "Rooms at a time that clients of one address (or IPv6 "
		    "/64; loopback exempt) without an account have created; "
		    "a quarter of limits.persistent_rooms may be theirs." },
	{ .name = "limits.persistent_rooms",
	    NUMBER(COUNT, chat.persistent_rooms, "1000", 1, MILLION),
	    NO_LIMIT,
	    .help = "Persistent rooms of the server; beyond: too_many_rooms." },
	{ .name = "limits.persistent_rooms_per_ip",
	    NUMBER(COUNT, chat.persistent_rooms_per_hour, "20", 1, MILLION),
	    NO_LIMIT,
	    .help = "Persistent rooms that one address (or IPv6 /64; "
		    "loopback exempt) may create per hour." },
	{ .name = "limits.rooms_per_user",
	    NUMBER(COUNT, chat.rooms_per_user, "50", 1, MILLION),
	    NO_LIMIT,
	    .help = "Persistent rooms that one user (a client with a token) "
		    "may have created; beyond: too_many_rooms." },
	{ .name = "rights.create",
	    .type = OPTION_WORD,
	    AT(chat.creators),
	    .preset = "anyone",
	    .words = creators,
	    .help = "Who may create persistent rooms: anyone; users: clients "
		    "with a token; role: those whose token has the right "
		    "moderate or admin." },
	{ .name = "limits.room_fill_time",
	    NUMBER(DURATION, chat.fill_ms, "4s", 1, DAY),
	    .zero = "none",
	    .help = "Clients of one address (loopback exempt) that have no "
		    "account fill the history of a room, or lobby.bytes, in "
		    "this time at the soonest, half of it at once; they are "
		    "read more slowly." },
	{ .name = "rooms.empty_for",
	    NUMBER(DURATION, chat.room_empty_ms, "30d", SECOND, 36500 * DAY),
	    .zero = "never",
	    .help = "A persistent room is removed after this time without "
		    "members and new messages, unless a user has created "
		    "it." },
	{ .name = "limits.rooms_per_member",
	    NUMBER(COUNT, chat.rooms_per_member, "64", 1, 10000),
	    .help = "Rooms that one member may be in; beyond: "
		    "too_many_rooms." },
	{ .name = "limits.connections_per_user",
	    NUMBER(COUNT, chat.connections_per_user, "32", 1,
		MEMBER_CONNECTIONS_MOST),
	    .help = "Connections of one user to the command dialect, which "
		    "are one member; beyond: close 4103." },
	{ .name = "limits.room_members",
	    NUMBER(COUNT, chat.room_members, "10000", 1, MILLION),
	    .help = "Members of one room; beyond: room_full." },
	{ .name = "limits.room_attributes",
	    NUMBER(COUNT, chat.room_attributes, "65536", 1, MILLION),
	    .help = "What is remembered of one room besides its messages: "
		    "reactions, read markers, permanent members, roles; "
		    "beyond: too_many_attributes." },
	{ .name = "limits.reactions",
	    NUMBER(COUNT, chat.reactions, "20", 1, 1000),
	    .help = "Different reactions to one message; beyond: "
		    "too_many_attributes." },
	{ .name = "limits.edit_age",
	    NUMBER(DURATION, chat.edit_ms, "15m", SECOND, 36500 * DAY),
	    .zero = "always",
	    .help = "How long authors can edit a message; later: forbidden." },
	{ .name = "limits.list_bytes",
	    NUMBER(SIZE, chat.list_bytes, "256KiB", KIB, 64 * MIB),
	    .help = "Bytes in one answer to list or rooms; longer lists are "
		    "sent in pages." },
	{ .name = "lobby.announce_up_to",
	    NUMBER(COUNT, chat.announce_up_to, "64", 0, MILLION),
	    .help = "New members are announced in a lobby of up to this many "
		    "members." },
	{ .name = "limits.turn_sends",
	    NUMBER(COUNT, transport.turn_sends, "1200", 100, MILLION),
	    NO_LIMIT,
	    .help = "Members of rooms that are sent to in one turn of the "
		    "event loop; in larger rooms the rest follow in the next "
		    "turns." },
	{ .name = "lobby.bytes",
	    NUMBER(SIZE, transport.lobby_bytes, "4MiB", 64 * KIB, GIB),
	    .help = "Bytes of lobby messages that are kept for slow readers; "
		    "a reader that falls further behind is closed, 4102." },
	{ .name = "presence.up_to",
	    NUMBER(COUNT, chat.presence_up_to, "256", 0, MILLION),
	    .help = "Joins, leaves and renames are published in a room of up "
		    "to this many members; beyond: only the number of "
		    "members." },

	{ .section = "Moderation",
	    .name = "moderation.words",
	    .type = OPTION_PATH,
	    AT(moderation.words),
	    .preset = "none",
	    .zero = "none",
	    .help = "A file of words, one a line, that messages, names "
		    "and topics may not contain. Read again when it changes, "
		    "and on SIGHUP." },
	{ .name = "moderation.action",
	    .type = OPTION_WORD,
	    AT(moderation.action),
	    .preset = "reject",
	    .words = word_actions,
	    .help = "reject: a message with such a word is refused; mask: the "
		    "word is replaced by asterisks." },
	{ .name = "moderation.flood",
	    NUMBER(COUNT, chat.flood_messages, "0", 1, MILLION),
	    .zero = "off",
	    .help = "More messages than this of one member in one room within "
		    "moderation.flood_time mute it there." },
	{ .name = "moderation.flood_time",
	    NUMBER(DURATION, chat.flood_time_ms, "10s", SECOND, HOUR),
	    .help = "The time in which messages are counted for "
		    "moderation.flood." },
	{ .name = "moderation.flood_mute",
	    NUMBER(DURATION, chat.flood_mute_ms, "1m", SECOND, 30 * DAY),
	    .help = "How long a member is muted for a flood." },

	{ .section = "Files",
	    .name = "files.size",
	    NUMBER(SIZE, chat.files.size, "64MiB", KIB, 1024 * GIB),
	    .zero = "off",
	    .needs_restart = true,
	    .help = "Bytes of one uploaded file; off: there are no files." },
	{ .name = "files.dir",
	    .type = OPTION_PATH,
	    AT(files.dir),
	    .preset = "auto",
	    .zero = "auto",
	    .needs_restart = true,
	    .help = "The directory of uploaded files; created if it does not "
		    "exist. auto: files in store.dir with store.kind file, "
		    "else in memory. With broker.url the same directory for "
		    "all nodes; auto: there are no files." },
	{ .name = "files.memory",
	    NUMBER(SIZE, files.memory, "64MiB", MIB, 1024 * GIB),
	    .help = "What files take at most if they are in memory; beyond: "
		    "files_full." },
	{ .name = "files.quota",
	    NUMBER(SIZE, chat.files.quota, "10GiB", MIB, 1024 * GIB),
	    NO_LIMIT,
	    .help = "What all files take at most; beyond: files_full." },
	{ .name = "files.quota_user",
	    NUMBER(SIZE, chat.files.quota_user, "1GiB", KIB, 1024 * GIB),
	    NO_LIMIT,
	    .help = "What the files of one user, or of clients without an "
		    "account from one address, take at most; beyond: "
		    "quota_reached." },
	{ .name = "files.expire",
	    NUMBER(DURATION, chat.files.expire_ms, "30d", SECOND, 36500 * DAY),
	    .zero = "never",
	    .help = "When a file is removed; those of a room go with it." },
	{ .name = "files.unfinished",
	    NUMBER(DURATION, chat.files.unfinished_ms, "1d", SECOND,
		36500 * DAY),
	    .zero = "never",
	    .help = "When an upload that was not finished is removed." },
	{ .name = "files.types",
	    .type = OPTION_TEXT,
	    AT(chat.files.types),
	    .preset = "any",
	    .zero = "any",
	    .help = "Types that files may have, separated by commas: "
		    "image/*,application/pdf." },
	{ .name = "files.url",
	    .type = OPTION_TEXT,
	    AT(files.url),
	    .preset = "none",
	    .zero = "none",
	    .help = "What URLs of files in messages begin with, as "
		    "https://chat.example.org; none: the path alone." },

	{ .section = "History",
	    .name = "history.messages",
	    NUMBER(COUNT, history.messages, "1000", 1, MILLION),
	    NO_LIMIT,
	    .help =
		"Messages kept per room; beyond: the oldest is deleted. "
		"A slow reader that has none of those yet is closed, 4102." },
	{ .name = "history.bytes",
	    NUMBER(SIZE, history.bytes, "4MiB", KIB, 1024 * GIB),
	    NO_LIMIT,
	    .help = "Bytes kept per room; beyond: the oldest is deleted." },
	{ .name = "history.age",
	    NUMBER(DURATION, history.age_ms, "30d", SECOND, 36500 * DAY),
	    NO_LIMIT,
	    .help = "How long a message is kept." },
	{ .name = "history.total_bytes",
	    NUMBER(SIZE, history.total_bytes, "256MiB", MIB, 1024 * GIB),
	    NO_LIMIT,
	    .help = "Bytes kept of all rooms; the oldest message of the "
		    "largest room goes, of rooms that are not persistent "
		    "first." },
	{ .name = "history.key_age",
	    NUMBER(DURATION, history.key_age_ms, "10m", SECOND, DAY),
	    .help = "How long the key of a message that was evicted for "
		    "space still identifies a retry." },
	{ .name = "history.page_messages",
	    NUMBER(COUNT, chat.page_messages, "1000", 1, 1000),
	    .help = "Messages in one answer of a history; if there are "
		    "others, more is true." },
	{ .name = "history.page_bytes",
	    NUMBER(SIZE, chat.page_bytes, "256KiB", KIB, 64 * MIB),
	    .help = "Bytes of messages in one answer of a history; if there "
		    "are others, more is true." },

	{ .section = "Output",
	    .name = "limits.output_soft",
	    NUMBER(SIZE, transport.output_soft, "64KiB", KIB, GIB),
	    .help = "While more bytes wait to be sent to a client, its "
		    "commands are not read." },
	{ .name = "limits.output_soft_time",
	    NUMBER(DURATION, transport.output_soft_time_ms, "0", SECOND, HOUR),
	    NO_LIMIT,
	    .help = "How long a client may be over limits.output_soft, or "
		    "behind in a room; beyond: close 4102." },
	{ .name = "limits.output_hard",
	    NUMBER(SIZE, transport.output_hard, "1MiB", 4 * KIB, GIB),
	    .help = "Bytes of answers and direct messages that may wait for "
		    "a client; beyond: close 4102. Messages of rooms do not "
		    "count: a slow reader gets them from the history later." },
	{ .name = "limits.output_total",
	    NUMBER(SIZE, transport.output_total, "256MiB", MIB, 1024 * GIB),
	    NO_LIMIT,
	    .help = "Bytes that wait for all clients; beyond: those that use "
		    "most of it are closed, 4102." },
	{ .name = "limits.write_stall",
	    NUMBER(DURATION, transport.write_stall_ms, "30s", SECOND, DAY),
	    NO_LIMIT,
	    .help = "How long a client may read nothing while bytes wait for "
		    "it; beyond: close 4102." },
	{ .name = "limits.memory",
	    NUMBER(SIZE, transport.memory, "1GiB", 16 * MIB, 1024 * GIB),
	    NO_LIMIT,
	    .help = "Memory for connections, rooms and histories; at 80 % "
		    "connections are refused (503), at 95 % the slowest "
		    "readers are closed." },
	{ .name = "deflate.enabled",
	    .type = OPTION_BOOL,
	    AT(transport.deflate),
	    .preset = "off",
	    .help = "Compress messages (permessage-deflate) for clients that "
		    "offer it." },
	{ .name = "deflate.ratio",
	    NUMBER(COUNT, transport.deflate_ratio, "20", 2, 2000),
	    NO_LIMIT,
	    .help = "Factor by which a frame may grow when decompressed, if "
		    "it is larger than a message may be; beyond: close "
		    "1009." },

	{ .section = "Keep-alive and shutdown",
	    .name = "limits.ping_interval",
	    NUMBER(DURATION, transport.ping_interval_ms, "25s", SECOND, DAY),
	    .zero = "no pings",
	    .help = "Time without input before a connection is pinged; 10 % "
		    "more or less, so that pings are spread." },
	{ .name = "limits.pong_timeout",
	    NUMBER(DURATION, transport.pong_timeout_ms, "10s", 100, DAY),
	    NO_LIMIT,
	    .help = "Time without input after a ping; beyond: close 4203." },
	{ .name = "limits.close_timeout",
	    NUMBER(DURATION, transport.close_timeout_ms, "5s", 100,
		10 * MINUTE),
	    .help = "Time from our close frame to the end of the connection." },
	{ .name = "drain.delay",
	    NUMBER(DURATION, transport.drain_delay_ms, "5s", 0, HOUR),
	    .help = "How long new connections are accepted after SIGTERM, so "
		    "that load balancers notice." },
	{ .name = "drain.window",
	    NUMBER(DURATION, transport.drain_window_ms, "20s", 0, HOUR),
	    .help = "The time over which connections are then closed, 1001." },
	{ .name = "drain.timeout",
	    NUMBER(DURATION, transport.drain_timeout_ms, "28s", 0, 2 * HOUR),
	    .help = "The longest time from SIGTERM to the exit." },
	{ .name = "upgrade.timeout",
	    NUMBER(DURATION, upgrade_timeout_ms, "20s", SECOND, HOUR),
	    .help = "How long the process that SIGUSR2 starts may take for "
		    "each step before it is given up." },
};

const size_t option_count = COUNT_OF(option_table);
