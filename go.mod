module wstap

go 1.26
