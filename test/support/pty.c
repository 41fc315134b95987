/*
 * A pseudo-terminal whose other end is this program's standard input and output.
 * Prints the path of the terminal and a newline, then passes bytes on until its standard input ends.
 * For tests of programs that want a serial port.
 */
#define _XOPEN_SOURCE 600
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int pass(int from, int to)
{
    unsigned char bytes[4096];
    ssize_t count = read(from, bytes, sizeof bytes);
    ssize_t at = 0;

    if (count <= 0)
        return 0;
    while (at < count) {
        ssize_t written = write(to, bytes + at, (size_t)(count - at));

        if (written <= 0)
            return 0;
        at += written;
    }
    return 1;
}

int main(void)
{
    int primary = posix_openpt(O_RDWR | O_NOCTTY);
    int terminal;
    struct termios settings;
    char *path;
    struct pollfd sources[2];

    if (primary < 0 || grantpt(primary) != 0 || unlockpt(primary) != 0)
        return 1;
    path = ptsname(primary);
    if (path == NULL)
        return 1;
    /* Stays open, so that the line does not hang up between one user and the next; raw before the first comes. */
    terminal = open(path, O_RDWR | O_NOCTTY);
    if (terminal < 0 || tcgetattr(terminal, &settings) != 0)
        return 1;
    cfmakeraw(&settings);
    if (tcsetattr(terminal, TCSANOW, &settings) != 0)
        return 1;
    printf("%s\n", path);
    fflush(stdout);
    sources[0].fd = STDIN_FILENO;
    sources[0].events = POLLIN;
    sources[1].fd = primary;
    sources[1].events = POLLIN;
    while (poll(sources, 2, -1) > 0) {
        if ((sources[0].revents & (POLLIN | POLLHUP)) != 0 && !pass(STDIN_FILENO, primary))
            return 0;
        if ((sources[1].revents & POLLIN) != 0 && !pass(primary, STDOUT_FILENO))
            return 0;
    }
    return 0;
}
