# Completion of parley(1) for fish.
set -l words chat send tail rooms
set -l none "not __fish_seen_subcommand_from $words"
set -l some "__fish_seen_subcommand_from $words"
set -l member "__fish_seen_subcommand_from chat send tail"

complete -c parley -f
complete -c parley -n "$none" -a chat -d 'Talk'
complete -c parley -n "$none" -a send -d 'Say each line of the input'
complete -c parley -n "$none" -a tail -d 'Print what is said'
complete -c parley -n "$none" -a rooms -d 'Print which rooms there are'
complete -c parley -n "$none" -l version -d 'Print the version'
complete -c parley -l help -d 'Print a summary'
complete -c parley -n "$member" -l name -x -d 'The name to ask for'
complete -c parley -n "$member" -l room -x -d 'The room to join'
complete -c parley -n "$member" -l join -x -d 'The room to join'
complete -c parley -n "$member" -l dialect -xa 'command action topic' -d 'How to talk'
complete -c parley -n "$member" -l transient -d 'A room that is made goes with its last member'
complete -c parley -n '__fish_seen_subcommand_from chat tail' -l history -x -d 'Older messages'
complete -c parley -n '__fish_seen_subcommand_from tail' -l since -x -d 'EPOCH:SEQ to go on behind'
complete -c parley -n '__fish_seen_subcommand_from tail' -l json -d 'An object for each message'
complete -c parley -n '__fish_seen_subcommand_from send' -l timeout -x -d 'Seconds for acknowledgements'
complete -c parley -n "$some" -l ca -rF -d 'Trust these certificates'
complete -c parley -n "$some" -l insecure -d 'Believe whoever answers'
