/*
 * What operators of the ASP.NET server are answered. For the files of
 * dotnet_monitor.h only.
 */
#ifndef WIRE_DOTNET_MONITOR_INTERNAL_H
#define WIRE_DOTNET_MONITOR_INTERNAL_H

#include "domain/command_log.h"
#include "domain/room.h"
#include "wire/dotnet/dotnet_monitor.h"

/* In the lists of what is most frequent, or newest. */
#define TOP_MOST 5

/* Commands between these times, of this user (absent: of all). */
struct selection {
	const struct command_log *log;
	int64_t from_ms;
	int64_t to_ms;
	struct str username;
	bool only_errors;
	size_t limit;
};

struct type_stats {
	const char *type;
	uint64_t count;
	uint64_t failed;
	uint64_t took_us;
	int64_t last_ms;
};

#define TYPES_MOST 16

struct types {
	size_t count;
	struct type_stats items[TYPES_MOST];
};

/* --- dotnet_monitor_commands.c -------------------------------------------- */

/* A number in thousandths, with its point. */
void monitor_thousandths_put(struct wire_text *, struct str head,
    uint64_t thousandths);

/* From *n on, which is moved behind it, the newest first. NULL: no other. */
const struct command_record *selection_next(const struct selection *,
    size_t *n);
/* As many as the limit. */
void monitor_records_put(struct wire_text *, const struct selection *);

/* Most frequent first. */
struct types monitor_types_collect(const struct selection *);
void monitor_types_put(struct wire_text *, struct str head,
    const struct types *, size_t most);
void monitor_stats_put(struct wire_text *, struct str head,
    const struct selection *);
void monitor_performance_put(struct wire_text *, const struct selection *);
void monitor_users_put(struct wire_text *, const struct selection *);

/* --- dotnet_monitor_rooms.c ----------------------------------------------- */

/* Without the closing brace. */
void monitor_room_fields_put(struct wire_text *, const struct monitored *,
    const struct room *);
/* Those that the user is in; absent: all. */
void monitor_rooms_put(struct wire_text *, const struct monitored *,
    struct str username);
void monitor_rooms_stats_put(struct wire_text *, const struct monitored *);
size_t monitor_rooms_count(const struct monitored *);
void monitor_members_put(struct wire_text *, const struct monitored *,
    struct str room);

#endif
