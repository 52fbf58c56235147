/*
 * The order of the commands that change what all nodes share: an interface.
 * Public.
 *
 * With a broker, many processes, the nodes, are one chat. A command that
 * changes who is connected, which rooms there are, or what members may do in
 * them is not run at once: it gets a place in an order that all nodes have in
 * common, and each node runs it at that place, on stores with the same
 * contents. So a command must depend on nothing but the stores, the limits, and
 * what the order gives it: its time, and the chat's source of ids.
 */
#ifndef DOMAIN_COMMAND_ORDER_H
#define DOMAIN_COMMAND_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/command.h"
#include "domain/room.h"

struct command_order;
struct ordered_handler;

enum room_readiness {
	ROOM_IS_READY,   /* its history is here */
	ROOM_IS_AWAITED, /* a barrier with its id comes back when it is ready */
	ROOM_IS_UNAVAILABLE
};

/* No room has this id. */
#define ORDER_COUNTS STR("*")

struct command_order_ops {
	/*
	 * Copies the command, which the handler runs later. CHAT_UNAVAILABLE:
	 * it does not; never for COMMAND_DISCONNECT.
	 */
	enum chat_error (*propose)(struct command_order *,
	    const struct command *);
	/*
	 * The same for all rooms and private talks of a member; *out is one
	 * that is awaited.
	 */
	enum room_readiness (*own_rooms)(struct command_order *,
	    struct str member_id, char out[ROOM_ID_SIZE]);
	/*
	 * Whether the history has the number of the room's last message, if it
	 * has no messages: as of a second ago at most. If it is awaited, the
	 * barrier with the id ORDER_COUNTS comes back.
	 */
	enum room_readiness (*count)(struct command_order *,
	    struct str room_id);
	/* The same as publisher_rights(), of connections to any node. */
	unsigned (*rights)(struct command_order *, struct str member_id);
	/*
	 * Other nodes that follow the room run it, too, if it reaches them: at
	 * no certain place.
	 */
	void (*spread)(struct command_order *, const struct command *,
	    struct str room_id);
	/*
	 * Whether the history of a room is in the stores; if not it is fetched.
	 * Rooms that do not exist are ready.
	 */
	enum room_readiness (*room)(struct command_order *, struct str room_id);
	/* Whether the stores have what all nodes share. */
	bool (*is_ready)(struct command_order *);
	/* Whether this node does what one of them has to do. */
	bool (*leads)(struct command_order *);
};

struct command_order {
	const struct command_order_ops *ops;
	struct ordered_handler *handler;
};

/* A command at its place. */
struct ordered_run {
	int64_t now_ms;
	bool is_foreign;     /* another node has proposed it */
	uint32_t connection; /* a number that no other connection has */
	/* The result of COMMAND_CONNECT: */
	bool is_lost;            /* of this node: its connection is gone */
	char member_id[ID_SIZE]; /* "": there is no new connection */
};

struct ordered_handler_ops {
	/*
	 * The connection of a foreign command is CONNECTION_ELSEWHERE. `peer`
	 * is NULL: the publisher knows which connections wait for their member.
	 */
	void (*run)(struct ordered_handler *, const struct command *,
	    struct ordered_run *);
	/*
	 * A command that was proposed here is not run, or it is not known
	 * whether it will be: CHAT_UNAVAILABLE, CHAT_STORE_FAILED.
	 */
	void (*give_up)(struct ordered_handler *, const struct command *,
	    enum chat_error);
	/* Messages that members of this room have got are lost. */
	void (*reset)(struct ordered_handler *, struct str room_id);
	/* The next messages of the room are numbered in another epoch. */
	void (*begin_epoch)(struct ordered_handler *, struct str room_id,
	    uint64_t last_seq);
};

struct ordered_handler {
	const struct ordered_handler_ops *ops;
};

static inline enum chat_error
command_order_propose(struct command_order *order,
    const struct command *command)
{
	return order->ops->propose(order, command);
}

static inline enum room_readiness
command_order_own_rooms(struct command_order *order, struct str member_id,
    char out[ROOM_ID_SIZE])
{
	return order->ops->own_rooms(order, member_id, out);
}

static inline enum room_readiness
command_order_count(struct command_order *order, struct str room_id)
{
	return order->ops->count(order, room_id);
}

static inline unsigned
command_order_rights(struct command_order *order, struct str member_id)
{
	return order->ops->rights(order, member_id);
}

static inline void
command_order_spread(struct command_order *order, const struct command *command,
    struct str room_id)
{
	order->ops->spread(order, command, room_id);
}

static inline enum room_readiness
command_order_room(struct command_order *order, struct str room_id)
{
	return order->ops->room(order, room_id);
}

static inline bool
command_order_leads(struct command_order *order)
{
	return order->ops->leads(order);
}

static inline bool
command_order_is_ready(struct command_order *order)
{
	return order->ops->is_ready(order);
}

#endif
