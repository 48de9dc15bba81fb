module example.com/secretive

go 1.26
