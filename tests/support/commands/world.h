/* A whole chat on memory stores, which records all published events. */
#ifndef TESTS_SUPPORT_COMMANDS_WORLD_H
#define TESTS_SUPPORT_COMMANDS_WORLD_H

#include <check.h>

#include "commands/commands.h"
#include "tests/support/commands/failing_stores.h"
#include "tests/support/commands/fake_clock.h"
#include "tests/support/commands/fixed_ids.h"
#include "tests/support/commands/recording_publisher.h"
#include "tests/support/commands/slow_log.h"

struct world {
	struct chat chat;
	struct fake_clock clock;
	struct fixed_ids ids;
	struct recording_publisher publisher;
	struct fault fault;
	struct history_limits history_limits;
	struct slow_log log;
	struct dispatcher *dispatcher;
};

extern struct world world;

/* A checked fixture. */
void world_begin(void);
void world_end(void);

enum chat_error world_do(const struct command *);

/* Adds the members, rooms and messages of the stores. */
void world_dump(struct transcript *);

/*
 * DO(BROADCAST, "id1", .body = STR("\"hi\"")) runs a command, and returns its
 * result. Its author has all rights unless .rights is set.
 */
#define DO(command_kind, who, ...)                                  \
	world_do(&(struct command){ .kind = COMMAND_##command_kind, \
	    .author = str_from(who),                                \
	    __VA_ARGS__ })

/* A member connects; the ids are id1, id2, … */
#define CONNECT(...)                \
	world_do(&(struct command){ \
	    .kind = COMMAND_CONNECT, .peer = &world, __VA_ARGS__ })

#define TICK() world_do(&(struct command){ .kind = COMMAND_TICK })

/* All that was published since the last time, line by line. */
#define EXPECT_EVENTS(expected)                                          \
	do {                                                             \
		ck_assert_str_eq(world.publisher.events.text, expected); \
		transcript_clear(&world.publisher.events);               \
	} while (0)

/* Discards the events until now. */
void forget_events(void);

/* So many connect: member1 with id1, member2 with id2, … */
void connect_members(unsigned n);

/* id1 to id⟨n⟩ join a room, which the first of them makes. */
void fill_room(const char *room, unsigned n);

/* A member posts 1, 2, … up to n in a room. */
void post(const char *who, const char *room, unsigned n);

/* The answer to an id that no room can have. */
#define BAD_ROOM_ID                                                 \
	"failed bad_field field=room text=A room id is 1 to 64 of " \
	"a-z, A-Z, 0-9, dot, hyphen and underscore\n"

#endif
