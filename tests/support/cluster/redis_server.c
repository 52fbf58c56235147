#include "tests/support/cluster/redis_server.h"

#include <arpa/inet.h>
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGS_MAX 32

/* It ends with the test, however that ends. */
static void
server_exec(const struct redis_server *server)
{
	const char *const *args = server->args;
	const char *own[] = { "--port", "0", "--unixsocket", server->socket,
		"--dir", server->dir, "--save", "", "--logfile", "log" };
	const char *argv[ARGS_MAX] = { "redis-server" };
	size_t count = 1;

	if (server->config != NULL)
		argv[count++] = server->config;
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		argv[count++] = own[i];
	for (; args != NULL && *args != NULL && count < ARGS_MAX - 1; args++)
		argv[count++] = *args;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execvp("redis-server", (char *const *)(void *)argv);
	_exit(127);
}

/* False: it cannot be connected to. */
static bool
server_ask(const struct redis_server *server, const char *command, char *answer,
    size_t size)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t len = 0;
	bool asked;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
	    server->socket);
	asked =
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    dprintf(fd, "%s\r\n", command) > 0;
	while (asked && len < size - 1 && read(fd, answer + len, 1) == 1 &&
	       answer[len] != '\r')
		len++;
	answer[len] = '\0';
	close(fd);
	return asked;
}

const char *
redis_server_command(const struct redis_server *server, const char *command)
{
	static char answer[256];

	ck_assert(server_ask(server, command, answer, sizeof(answer)));
	return answer;
}

static bool
server_answers(const struct redis_server *server)
{
	char answer[256];

	return server_ask(server, "PING", answer, sizeof(answer)) &&
	       answer[0] != '\0';
}

int
redis_server_free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	close(fd);
	return ntohs(address.sin_port);
}

void
redis_server_restart(struct redis_server *server)
{
	struct timespec moment = { .tv_nsec = 2000000 };
	int tries = 5000;

	server->pid = fork();
	ck_assert_int_ge(server->pid, 0);
	if (server->pid == 0)
		server_exec(server);
	while (!server_answers(server)) {
		ck_assert_msg(waitpid(server->pid, NULL, WNOHANG) == 0,
		    "redis-server cannot be started");
		ck_assert_int_gt(--tries, 0);
		nanosleep(&moment, NULL);
	}
}

void
redis_server_start_with(struct redis_server *server, const char *config,
    const char *const *args)
{
	server->config = config;
	strcpy(server->dir, "/tmp/parley-redis-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(server->dir));
	snprintf(server->socket, sizeof(server->socket), "%s/s", server->dir);
	server->args = args;
	redis_server_restart(server);
}

void
redis_server_start(struct redis_server *server, const char *const *args)
{
	redis_server_start_with(server, NULL, args);
}

void
redis_server_signal(struct redis_server *server, int signal)
{
	kill(server->pid, signal);
	if (signal == SIGSTOP || signal == SIGCONT)
		return;
	waitpid(server->pid, NULL, 0);
	server->pid = 0;
}

void
redis_server_end(struct redis_server *server)
{
	char command[64];

	if (server->pid != 0)
		redis_server_signal(server, SIGKILL);
	snprintf(command, sizeof(command), "rm -rf %s", server->dir);
	ck_assert_int_eq(system(command), 0);
}
